"""``references.bib``: what a pack cites, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence

_BIB = {
    "ronneberger2015": (
        "inproceedings", "Ronneberger, Olaf and Fischer, Philipp and Brox, Thomas",
        "{U-Net}: Convolutional Networks for Biomedical Image Segmentation",
        "booktitle = {MICCAI}", 2015, "10.1007/978-3-319-24574-4_28"),
    "monai2022": (
        "misc", "Cardoso, M. Jorge and others",
        "{MONAI}: An open-source framework for deep learning in healthcare",
        "note = {arXiv:2211.02701}", 2022, "10.48550/arXiv.2211.02701"),
    "taghanaki2019": (
        "article", "Taghanaki, Saeid Asgari and others",
        "Combo loss: Handling input and output imbalance in multi-organ segmentation",
        "journal = {Computerized Medical Imaging and Graphics}, volume = {75}, pages = {24--33}",
        2019, "10.1016/j.compmedimag.2019.04.005"),
    "milletari2016": (
        "inproceedings", "Milletari, Fausto and Navab, Nassir and Ahmadi, Seyed-Ahmad",
        "{V-Net}: Fully Convolutional Neural Networks for Volumetric Medical Image Segmentation",
        "booktitle = {3DV}", 2016, "10.1109/3DV.2016.79"),
    "salehi2017": (
        "misc", "Salehi, Seyed Sadegh Mohseni and Erdogmus, Deniz and Gholipour, Ali",
        "{Tversky} loss function for image segmentation using {3D} fully convolutional deep"
        " networks", "note = {arXiv:1706.05721}", 2017, "10.48550/arXiv.1706.05721"),
    "kervadec2019": (
        "misc", "Kervadec, Hoel and others", "Boundary loss for highly unbalanced segmentation",
        "note = {arXiv:1812.07032}", 2018, "10.48550/arXiv.1812.07032"),
    "lee2015": (
        "misc", "Lee, Chen-Yu and others", "Deeply-Supervised Nets", "note = {arXiv:1409.5185}",
        2014, "10.48550/arXiv.1409.5185"),
    "lin2017": (
        "misc", "Lin, Tsung-Yi and others", "Focal Loss for Dense Object Detection",
        "note = {arXiv:1708.02002}", 2017, "10.48550/arXiv.1708.02002"),
    "kingma2015": (
        "misc", "Kingma, Diederik P. and Ba, Jimmy", "Adam: A Method for Stochastic Optimization",
        "note = {arXiv:1412.6980}", 2014, "10.48550/arXiv.1412.6980"),
    "loshchilov2019": (
        "misc", "Loshchilov, Ilya and Hutter, Frank", "Decoupled Weight Decay Regularization",
        "note = {arXiv:1711.05101}", 2017, "10.48550/arXiv.1711.05101"),
    "loshchilov2017": (
        "misc", "Loshchilov, Ilya and Hutter, Frank",
        "{SGDR}: Stochastic Gradient Descent with Warm Restarts", "note = {arXiv:1608.03983}",
        2016, "10.48550/arXiv.1608.03983"),
    "smith2019": (
        "misc", "Smith, Leslie N. and Topin, Nicholay",
        "Super-Convergence: Very Fast Training of Neural Networks Using Large Learning Rates",
        "note = {arXiv:1708.07120}", 2017, "10.48550/arXiv.1708.07120"),
    "izmailov2018": (
        "misc", "Izmailov, Pavel and others",
        "Averaging Weights Leads to Wider Optima and Better Generalization",
        "note = {arXiv:1803.05407}", 2018, "10.48550/arXiv.1803.05407"),
    "yang2018": (
        "article", "Yang, Jinzhong and others",
        "Autosegmentation for thoracic radiation treatment planning: A grand challenge at {AAPM}"
        " 2017",
        "journal = {Medical Physics}, volume = {45}, number = {10}, pages = {4568--4581}", 2018,
        "10.1002/mp.13141"),
    "dice1945": (
        "article", "Dice, Lee R.", "Measures of the Amount of Ecologic Association Between Species",
        "journal = {Ecology}, volume = {26}, number = {3}, pages = {297--302}", 1945,
        "10.2307/1932409"),
    "huttenlocher1993": (
        "article", "Huttenlocher, Daniel P. and Klanderman, Gregory A. and Rucklidge, William J.",
        "Comparing images using the {Hausdorff} distance",
        "journal = {IEEE Transactions on Pattern Analysis and Machine Intelligence}, volume = {15},"
        " number = {9}, pages = {850--863}", 1993, "10.1109/34.232073"),
    "nikolov2021": (
        "article", "Nikolov, Stanislav and others",
        "Clinically Applicable Segmentation of Head and Neck Anatomy for Radiotherapy: Deep"
        " Learning Algorithm Development and Validation Study",
        "journal = {Journal of Medical Internet Research}, volume = {23}, number = {7}, pages ="
        " {e26151}", 2021, "10.2196/26151"),
    "cochran1977": (
        "book", "Cochran, William G.", "Sampling Techniques",
        "publisher = {Wiley}, edition = {3}", 1977, ""),
    "korn1998": (
        "article", "Korn, Edward L. and Graubard, Barry I.",
        "Confidence intervals for proportions with small expected number of positive counts"
        " estimated from survey data",
        "journal = {Survey Methodology}, volume = {24}, pages = {193--201}", 1998, ""),
    "clopper1934": (
        "article", "Clopper, C. J. and Pearson, E. S.",
        "The Use of Confidence or Fiducial Limits Illustrated in the Case of the Binomial",
        "journal = {Biometrika}, volume = {26}, number = {4}, pages = {404--413}", 1934,
        "10.1093/biomet/26.4.404"),
    "searle1992": (
        "book", "Searle, Shayle R. and Casella, George and McCulloch, Charles E.",
        "Variance Components", "publisher = {Wiley}", 1992, "10.1002/9780470316856"),
    "bengio2004": (
        "article", "Bengio, Yoshua and Grandvalet, Yves",
        "No Unbiased Estimator of the Variance of {K}-Fold Cross-Validation",
        "journal = {Journal of Machine Learning Research}, volume = {5}, pages = {1089--1105}",
        2004, ""),
    "paszke2019": (
        "misc", "Paszke, Adam and others",
        "{PyTorch}: An Imperative Style, High-Performance Deep Learning Library",
        "note = {arXiv:1912.01703}", 2019, "10.48550/arXiv.1912.01703"),
    "falcon2019": (
        "misc", "Falcon, William and {The PyTorch Lightning team}", "{PyTorch Lightning}",
        "publisher = {Zenodo}", 2019, "10.5281/zenodo.3828935"),
    "claim2024": (
        "article", "Tejani, Ali S. and others",
        "Checklist for Artificial Intelligence in Medical Imaging ({CLAIM}): 2024 Update",
        "journal = {Radiology: Artificial Intelligence}, volume = {6}, number = {4}, pages ="
        " {e240300}", 2024, "10.1148/ryai.240300"),
    "tripodai2024": (
        "article", "Collins, Gary S. and others",
        "{TRIPOD+AI} statement: updated guidance for reporting clinical prediction models that use"
        " regression or machine learning methods",
        "journal = {BMJ}, volume = {385}, pages = {e078378}", 2024, "10.1136/bmj-2023-078378"),
}  # fmt: skip
REFERENCES = tuple(_BIB)


def bibliography(keys: Sequence[str]) -> str:
    """BibTeX of some references.

    Example:
        >>> print(bibliography(["cochran1977"]), end="")
        @book{cochran1977,
          author = {Cochran, William G.},
          title = {Sampling Techniques},
          publisher = {Wiley}, edition = {3},
          year = {1977},
        }
    """
    entries = []
    for key in keys:
        kind, author, title, more, year, doi = _BIB[key]
        fields = [f"author = {{{author}}}", f"title = {{{title}}}", more, f"year = {{{year}}}"]
        fields += [f"doi = {{{doi}}}"] if doi else []
        lines = "".join(f"  {field},\n" for field in fields)
        entries.append(f"@{kind}{{{key},\n{lines}}}\n")
    return "\n".join(entries)
