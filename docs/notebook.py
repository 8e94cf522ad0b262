"""Execute docs/notebooks/three_cases.ipynb and keep its outputs: python docs/notebook.py.

The outputs are shown on the site and by GitHub. No messages, times or traces of this machine are
kept.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

FILE = Path(__file__).parent / "notebooks" / "three_cases.ipynb"
SHOWN = ("text/html", "text/plain", "image/png")
"""Kinds of output that are kept."""


def executed(file: Path, folder: Path) -> NotebookNode:
    """The notebook after its cells have run, in order, in a new process.

    Args:
        file: The notebook.
        folder: Where it runs and leaves its files.

    Raises:
        CellExecutionError: If a cell fails.
    """
    notebook = nbformat.read(file, as_version=4)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        record_timing=False,
        timeout=600,
        resources={"metadata": {"path": str(folder)}},
    )
    return client.execute()


def cleaned(notebook: NotebookNode) -> NotebookNode:
    """Without messages, numbers of executions, and what describes the Python that ran it."""
    notebook.metadata = {"language_info": {"name": "python"}}
    for number, cell in enumerate(notebook.cells):
        cell.id, cell.metadata = f"cell-{number}", {}
        if cell.cell_type == "code":
            cell.execution_count = None
            cell.outputs = [_output(one) for one in cell.outputs if one.get("name") != "stderr"]
    return notebook


def _output(output: NotebookNode) -> NotebookNode:
    if output.output_type == "stream":
        return output
    data = {kind: output.data[kind] for kind in SHOWN if kind in output.data}
    return nbformat.v4.new_output("display_data", data)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        notebook = cleaned(executed(FILE, Path(folder)))
    nbformat.write(notebook, FILE)


if __name__ == "__main__":
    main()
