"""What ``lungseg predict`` left in a folder."""

import json


def records(folder):
    return {
        file.parent.name: json.loads(file.read_text()) for file in folder.glob("*/prediction.json")
    }


def contents(folder):
    """Every file, by name, without the times that predictions took; the page shows them too."""
    found = {}
    for file in sorted(folder.rglob("*")):
        if file.is_file() and not file.name.startswith(".") and file.suffix != ".html":
            content = file.read_bytes()
            if file.name == "prediction.json":
                content = {**json.loads(content), "seconds": None}
            found[str(file.relative_to(folder))] = content
    return found
