"""dscnn: depthwise-separable against regular convolutions, measured."""
