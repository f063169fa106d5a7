from dscnn.core import seeds


def test_a_stream_never_changes() -> None:
    """The value follows from SHA-256 of "1/dropout/block1", so weights of old runs can be made again."""
    # echo -n 1/dropout/block1 | sha256sum | cut -c1-8, halved
    assert seeds.stream(1, "dropout", "block1") == 0x96BD0FC1 >> 1


def test_streams_differ_by_every_part() -> None:
    """Another seed, purpose or name gives another stream."""
    streams = {
        seeds.stream(1, "weights", "conv1"),
        seeds.stream(2, "weights", "conv1"),
        seeds.stream(1, "dropout", "conv1"),
        seeds.stream(1, "weights", "conv2"),
        seeds.stream(1, "weights"),
    }
    assert len(streams) == 5
    assert all(0 <= stream < 2**31 for stream in streams)


def test_a_generator_repeats() -> None:
    """The same names give the same numbers."""
    first, second = (seeds.generator(3, "shuffle", 0).permutation(9).tolist() for _ in range(2))
    assert first == second != seeds.generator(3, "shuffle", 1).permutation(9).tolist()
