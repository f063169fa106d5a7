"""The page that `dvc plots show` fills, with Vega inside it: DVC's own loads Vega from the network."""

from pathlib import Path

import vl_convert

from dscnn.core import files
from dscnn.core.stage import run

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
{refresh_tag}
<title>dscnn: separable against regular convolutions</title>
<style>
body {{ font-family: sans-serif; margin: 2em }}
body > div {{ margin-bottom: 3em }}
body > div[id] {{ box-sizing: border-box; max-width: 100%; overflow-x: auto }}
</style>
<script>{{
{bundle}
}}</script>
</head>
<body>
{plot_divs}
</body>
</html>
"""
# as SVG: sharp at any size and on paper, and its text can be searched and copied
EMBED = 'window.vegaEmbed = (place, plot) => vegaEmbed(place, plot, { renderer: "svg" });'


def page() -> str:
    """Return DVC's HTML template; its placeholder `{scripts}` is left out on purpose."""
    return PAGE.format(
        refresh_tag="{refresh_tag}",
        plot_divs="{plot_divs}",
        bundle=vl_convert.javascript_bundle(EMBED, "6.4"),
    )


def main(target: str) -> None:
    """Write the page to `target`, where .dvc/config names it."""
    files.write_text(Path(target), page())


if __name__ == "__main__":
    run(main)
