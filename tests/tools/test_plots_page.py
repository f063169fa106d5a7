from pathlib import Path

from dscnn.tools import plots_page


def test_the_page_holds_vega_and_asks_the_network_for_nothing(tmp_path: Path) -> None:
    """DVC's placeholders are there but for its scripts, which come from a CDN."""
    plots_page.main(str(tmp_path / "page.html"))
    page = (tmp_path / "page.html").read_text()
    assert "{plot_divs}" in page
    assert "{refresh_tag}" in page
    assert "{scripts}" not in page
    assert "src=" not in page[: page.index("<script>")]
    assert page.count("<script>") == page.count("</script>") == 1
    assert "window.vegaEmbed=" in page
    assert len(page) > 500_000
