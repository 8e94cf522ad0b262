"""What cannot work is refused in one line, before anything half-done is left behind."""

import shutil

import numpy as np
import pytest

SMALL = ("data.size=32", "data.n_slices=12", "logger=none")

SETTINGS = {
    "out of range": (["loss.alpha=1.5"], "loss: alpha must be a number from 0 to 1, got 1.5"),
    "misspelt key": (["loss.alpah=0.5"], "loss.alpah: no such setting; did you mean loss.alpha?"),
    "misspelt group": (["modle=unet"], "modle: no such setting; did you mean model?"),
    "unknown option": (
        ["model=unett"],
        "model=unett: no such option; there are .*monai_unet, unet, unet_deep, unet_small",
    ),
    "sweep without -m": (["loss.alpha=0.2,0.5"], "several values; add -m to sweep"),
    "path with a comma and brackets": (
        ["data=lctsc", "data.root=nowhere (1), or"],
        r"no such folder \[nowhere \(1\), or\]",
    ),
    "sweep over paths without -m": (
        ["data=lctsc", "data.root=a,b"],
        """several values; add -m to sweep .* or quote one path twice: 'data.root="a,b"'$""",
    ),
    "no value": (["loss.alpha"], "loss.alpha: overrides look like key=value; lungseg train --help lists the settings$"),
    "name in another alphabet": (["löss.alpha=1"], "löss.alpha=1: overrides look like key=value; lungseg train --help lists the settings$"),
    "stray bracket": (
        ["loss.alpha=0.5)"],
        r"""loss.alpha=0.5\): its brackets do not pair .* quote the value twice: 'loss.alpha="0.5\)"'$""",
    ),
    "open list": (
        ["split.test=[Case_002"],
        r"""its brackets do not pair up; .* twice: 'split.test="\[Case_002"'$""",
    ),
    "text with an equals sign": (
        ["model.name=a=1, b=2"],
        """cannot be read as a value; .* quote the value twice: 'model.name="a=1, b=2"'$""",
    ),
    "home folder": (["outputs=~/runs"], "the shell expands ~ only at the start of a word"),
    "extra argument": (["+loss.gamma=1"], "loss: .*unexpected keyword argument 'gamma'"),
    "type": (["trainer.max_epochs=ten"], "trainer.max_epochs=ten: must be a whole number"),
    "rate": (["optimizer.lr=-1"], "optimizer.lr=-1: must be a number above 0"),
    "rate as text": (["optimizer.lr=fast"], "optimizer.lr=fast: must be a number above 0"),
    "precision": (["trainer.precision=7"], "trainer.precision=7: must be auto or one of"),
    "batch": (["data.batch_size=0"], "data.batch_size=0: must be a whole number, 1 or more"),
    "threshold": (["metrics.threshold=2"], "metrics.threshold=2: must be a number between 0 and 1"),
    "convention": (["metrics.empty_dsc=half"], "must be zero, one or nan"),
    "seed": (["seed=x"], "seed=x: must be a whole number"),
    "window": (["intensity.upper=-2000"], "intensity: lower must be below upper"),
    "depth": (["model.depth=0"], "model: depth must be a whole number"),
    "no source": (["data=lctsc"], "data.root: must be given"),
    "source not there": (["data=lctsc", "data.root=nowhere"], r"no such folder \[nowhere\]"),
    "choosing by test": (
        ["callbacks.checkpoint.monitor=test/loss"],
        "callbacks.checkpoint.monitor=test/loss: would choose by the test set",
    ),
    "stopping by test": (
        ["callbacks=[checkpoint,early_stopping]", "callbacks.early_stopping.monitor=test/dsc"],
        "would choose by the test set",
    ),
    "scheduling by test": (
        ["scheduler=plateau", "scheduler.monitor=test/loss"],
        "scheduler.monitor=test/loss: would choose by the test set",
    ),
    "choosing by test in a roundabout way": (
        ["+watched=test/loss", "callbacks.checkpoint.monitor=${watched}"],
        "callbacks.checkpoint.monitor=test/loss: would choose by the test set",
    ),
    "misspelt monitor": (
        ["callbacks.checkpoint.monitor=val_loss"],
        "nothing of that name is logged; did you mean val/loss?",
    ),
    "decay": (
        ["callbacks=[checkpoint,ema]", "callbacks.ema.decay=1"],
        "callbacks.ema: decay must be a number from 0 to below 1, got 1",
    ),
    "warm-up": (
        ["scheduler=warmup_cosine", "scheduler.scheduler.warmup=1"],
        "scheduler.scheduler: warmup must be a number from 0 to below 1, got 1",
    ),
    "hard slices": (["sampling=hard", "sampling.share=0.6"], "sampling: share must be a number above"),
    "two averages": (
        ["callbacks=[checkpoint,ema,swa]"],
        "callbacks: ema and swa both average the weights; take one",
    ),
    "two sizes, one of an experiment": (
        ["experiment=fast", "data.matrix_size=64"],
        "data: matrix_size=64 and spacing=2: give one of them; data.spacing was not typed, drop"
        " it with data.spacing=null",
    ),
    "two sizes": (
        ["data.spacing=2", "data.matrix_size=64"],
        "data: matrix_size=64 and spacing=2: give one of them$",
    ),
    "phantom size": (["data.size=8"], "data: size must be at least 32, got 8"),
    "no such test case": (
        ["split=explicit", "split.test=[Case_099]", *SMALL],
        "split.test: no case 'Case_099'; did you mean Case_009",
    ),
    "split not given": (["split=explicit", *SMALL], "split.test: must be given"),
    "not a list": (
        ["split=explicit", "split.test=Case_001", *SMALL],
        "split.test=Case_001: must be a list",
    ),
    "stopping without validation set": (
        ["callbacks=[checkpoint,early_stopping]", *SMALL],
        "callbacks.early_stopping.monitor=val/loss: the split has no validation set",
    ),
    "logger mode": (
        ["logger.mode=sometimes", *SMALL[:2]],
        "logger.mode=sometimes: must be offline or online",
    ),
    "no checkpoint": (["ckpt_path=nowhere.ckpt", *SMALL], r"no checkpoint here \[nowhere.ckpt\]"),
}  # fmt: skip


@pytest.mark.parametrize("what", SETTINGS)
def test_settings(what, refused, tmp_path):
    import re

    overrides, message = SETTINGS[what]
    line = refused("train", *overrides)
    assert line.startswith("lungseg train: error: ")
    assert re.search(message, line), line
    left = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert not left & {"metrics.csv", "last.ckpt", "provenance.json", "summary.json"}


def test_a_good_prefix_of_a_misspelt_key_is_not_accepted(refused):
    assert "no such setting" in refused("train", "optimizer.learning_rate=0.1")


def _truncate(root):
    file = sorted((root / "Images" / "Case_001").iterdir())[2]
    file.write_bytes(file.read_bytes()[:-30])


def _drop_slice(root):
    """One from the middle of the stack, whatever the files are called."""
    import pydicom

    files = list((root / "Images" / "Case_001").iterdir())
    files.sort(key=lambda f: pydicom.dcmread(f, stop_before_pixels=True).ImagePositionPatient[2])
    files[len(files) // 2].unlink()


def _two_series(root):
    for i, file in enumerate((root / "Images" / "Case_002").iterdir()):
        shutil.copy(file, root / "Images" / "Case_001" / f"other-{i}.dcm")


def _mask_shape(root):
    file = root / "Segmentations" / "Case_001_seg.npz"
    with np.load(file) as arrays:
        np.savez_compressed(file, masks=arrays["masks"][:, :-2])


def _no_mask(root):
    (root / "Segmentations" / "Case_001_seg.npz").unlink()


def _no_dicom(root):
    for file in (root / "Images" / "Case_001").iterdir():
        file.rename(file.with_suffix(".txt"))


def _other_patient(root):
    """The neighbour's mask, cut to shape."""
    shapes, masks = {}, {}
    for case in ("Case_000", "Case_001"):
        with np.load(root / "Segmentations" / f"{case}_seg.npz") as arrays:
            shapes[case], masks[case] = arrays["masks"].shape, arrays["masks"]
    moved = np.zeros(shapes["Case_001"], np.uint8)
    n = min(len(moved), len(masks["Case_000"]))
    moved[:n] = np.roll(masks["Case_000"][:n], 6, axis=2)
    np.savez_compressed(root / "Segmentations" / "Case_001_seg.npz", masks=moved)


DATA = {
    "truncated DICOM": (_truncate, r"Case_001: a DICOM file is truncated or damaged: .*\.dcm\]"),
    "missing slice": (_drop_slice, r"Case_001: 1 missing slice\(s\)"),
    "two series": (_two_series, "Case_001: 2 series in one folder"),
    "mask of another shape": (_mask_shape, r"Case_001: the mask's shape \(\d+, 30, 32\)"),
    "missing mask": (_no_mask, r"Case_001: no mask: Segmentations/Case_001_seg.npz is missing"),
    "folder without DICOM": (_no_dicom, r"the folder contains no DICOM file .*Case_001\]"),
    "mask of another patient": (_other_patient, "Case_001: the mask fits the image in no orient"),
}


@pytest.mark.parametrize("command", ["prepare", "train"])
@pytest.mark.parametrize("what", DATA)
def test_data(command, what, refused, three_cases, tmp_path):
    import re

    damage, message = DATA[what]
    damage(three_cases)
    line = refused(command, "data=lctsc", f"data.root={three_cases}", "data.store=store")
    assert re.search(message, line), line
    store = tmp_path / "store"
    whole = {"Case_000.zarr"} if what not in ("missing mask", "folder without DICOM") else set()
    assert {path.name for path in store.glob("[!.]*")} == whole if whole else not store.exists()
    logs = "\n".join(path.read_text() for path in tmp_path.rglob("*.log"))
    assert "Traceback" in logs
    assert str(three_cases) not in logs


@pytest.mark.parametrize("command", ["prepare", "train"])
def test_an_output_folder_that_cannot_be_written(command, refused, tmp_path):
    (tmp_path / "file").write_text("in the way")
    assert "[" in refused(command, "outputs=file/outputs", *SMALL[:2])
    assert (tmp_path / "file").read_text() == "in the way"
    assert "/proc/nowhere" in refused(command, "outputs=/proc/nowhere", *SMALL[:2])


def test_a_run_folder_is_not_used_twice(refused, tmp_path):
    folder = tmp_path / "taken"
    folder.mkdir()
    (folder / ".run").touch()
    (folder / "status.json").write_text("{}")
    line = refused("train", f"hydra.run.dir={folder}", *SMALL)
    assert "already contains a run" in line
    assert sorted(file.name for file in folder.iterdir()) == [".run", "status.json"]


def test_full_errors_on_request(cli):
    done = cli("train", "loss.alpha=1.5", HYDRA_FULL_ERROR="1")
    assert done.returncode != 0
    assert "Traceback" in done.stderr
    assert "alpha must be a number from 0 to 1" in done.stderr


def test_one_line_from_a_process_of_its_own(cli):
    assert cli.refused("train", "loss.alpha=1.5").endswith("got 1.5")


@pytest.mark.slow
def test_a_failing_job_stops_no_other_and_is_reported(cli):
    small = (*SMALL, "trainer.max_epochs=1", "report=false")
    done = cli("train", *small, "-m", "loss.alpha=0.3,1.5,0.6")
    assert done.returncode != 0
    assert "job 1 failed: loss: alpha must be a number from 0 to 1, got 1.5" in done.stdout
    assert "error: 1 of 3 jobs failed" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert "Traceback" not in done.stdout + done.stderr
    jobs = (cli.folder / "outputs" / "multirun").glob("*/*/*/evaluation/summary.json")
    assert sorted(job.parts[-3] for job in jobs) == ["0", "2"]
