"""Tables in Markdown."""


def table(header: list[str], rows: list[list[str]]) -> str:
    """Return a Markdown table, first column left, the others right."""
    lines = [header, [":--"] + ["--:"] * (len(header) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
