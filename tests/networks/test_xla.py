from dscnn.core.device import tf
from dscnn.networks import xla


def test_a_function_with_fixed_arguments_is_compiled() -> None:
    apply = xla.compiled(lambda inputs, less: inputs - less, less=0.5)
    inputs = tf.constant([2.0, -1.0])
    assert apply(inputs).numpy().tolist() == [1.5, -1.5]
    assert apply.get_concrete_function(inputs).function_def.attr["_XlaMustCompile"].b
