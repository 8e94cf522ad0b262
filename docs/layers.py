"""Draw docs/layers.svg from the layers contract in pyproject.toml: python docs/layers.py."""

from __future__ import annotations

import tomllib
from pathlib import Path
from xml.sax.saxutils import escape

DOCS = Path(__file__).parent
WIDTH, LEFT, STEP, BOX = 720, 60, 34, 26
# What a layer contains, in a few words; layers without an entry explain themselves.
NOTES = {
    "cli": "the lungseg command; imports nothing heavy",
    "command": "from a command line to a call, errors to one line",
    "apps": "one short file per subcommand",
    "sweeps": "what the jobs of a sweep share",
    "search": "the Optuna sweeper, pruning",
    "report": "figures, pages, terminal tables",
    "evaluation": "the pass over all slices, its tables and numbers",
    "inference": "planned: a volume through a model to a mask",
    "runs": "the run folder: claim, status, provenance, resume",
    "training": "LightningModule, callbacks, device and precision",
    "splits": "training, validation and test sets, by patient",
    "sources": "where cases come from, one class per file",
    "data": "store, cohort, preparation, batches",
    "phantom": "the synthetic cohort",
    "dicom": "series, order, RTSTRUCT, SEG, de-identification",
    "models": "arrays and tensors only",
    "redacted_logs": "logs without identifying values",
    "redaction": "replaces identifying values in records",
    "written_forms": "how an identifying value may be written",
    "privacy": "what identifies a patient or a source",
    "config": "builds objects from YAML",
    "overrides": "overrides as typed in a shell",
    "volume": "arrays with geometry; findings about them",
    "errors": "errors for the user, in one line",
}
STYLE = (
    "text{font:14px system-ui,sans-serif;fill:#1c2733}"
    ".note{fill:#5b6b7b;font-size:12.5px}"
    "rect{fill:#e8eefb;stroke:#7d95c9}"
    ".page{fill:#fff;stroke:none}"
    "path{stroke:#7d95c9;stroke-width:2;fill:none}"
)


def layers() -> list[str]:
    """Layers from the top, as written in the contract."""
    contracts = tomllib.loads((DOCS.parent / "pyproject.toml").read_text())["tool"]["importlinter"]
    (contract,) = (one for one in contracts["contracts"] if one["type"] == "layers")
    return contract["layers"]


def names_in(layer: str) -> list[str]:
    """Modules of one layer: ``(inference)`` is optional, ``models | losses`` are siblings."""
    return [name.strip(" ()") for name in layer.replace(":", "|").split("|")]


def svg() -> str:
    """The picture: one row per layer, its modules in boxes, a note beside them."""
    rows = [names_in(layer) for layer in layers()]
    height = STEP * len(rows) + 24
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
        "<title>Layers of lungseg; imports point down</title>",
        f"<style>{STYLE}</style>",
        f'<rect class="page" width="{WIDTH}" height="{height}"/>',
        f'<path d="M30 16V{height - 20}m-6 -9l6 9l6 -9"/>',
        f'<text class="note" transform="translate(20 {height // 2}) rotate(-90)"'
        ' text-anchor="middle">imports point down</text>',
    ]
    for number, names in enumerate(rows):
        x, y = LEFT, 14 + STEP * number
        for name in names:
            width = 9 * len(name) + 18
            parts.append(f'<rect x="{x}" y="{y}" width="{width}" height="{BOX}" rx="4"/>')
            middle = f'x="{x + width / 2:g}" y="{y + 18}" text-anchor="middle"'
            parts.append(f"<text {middle}>{escape(name)}</text>")
            x += width + 8
        note = next((NOTES[name] for name in names if name in NOTES), "")
        left = max(x + 8, 210)
        parts.append(f'<text class="note" x="{left}" y="{y + 18}">{escape(note)}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


if __name__ == "__main__":
    (DOCS / "layers.svg").write_text(svg())
