"""What the searches of results/recipe.md try: keys that differ from search.toml, by setting."""

FAST = ["training.learning_rate=3e-3"]
WIDE = ["modality.T.hidden=[100,100]", "modality.E.hidden=[80,80]"]
REGULAR = ["modality.E.dropout=0.3", "modality.E.noise_sd=0.5"]
AVERAGED = ["training.average_last=0.5", "training.validate_every=100", "training.final_rate=0.2"]
ACROSS = ["coupling.augment_encoders=true"]
LATENT_8 = [*FAST, *WIDE, "training.latent_dim=8"]
LATENT_16 = [*FAST, *WIDE, *REGULAR, *AVERAGED, *ACROSS, "training.latent_dim=16", "modality.E.alpha=3"]

def morphology(noise: float, dropout: float, *more: str) -> list[str]:
    """With a third modality, beside the recipe lean (search_three.toml)."""
    return [f"modality.M.noise_sd={noise}", f"modality.M.dropout={dropout}", *more]


# One key at a time, each from search.toml (search.py).
ALONE = {
    "as the paper, 4,000 steps": ["modality.T.output_bias=zero", "modality.E.output_bias=zero", "training.schedule=constant"],
    "output bias, cosine": [],
    "rate 3e-3": FAST,
    "weight decay 1": ["training.weight_decay=1"],
    "dropout of genes 0.7": ["modality.T.dropout=0.7"],
    "two hidden layers": ["modality.T.hidden=[50,50]", "modality.E.hidden=[40,40]"],
    "one hidden layer": ["modality.T.hidden=[100]", "modality.E.hidden=[40]"],
    "two hidden layers of 200 for genes": ["modality.T.hidden=[200,200]"],
    "lambda 5": ["coupling.lambda=5"],
    "decoders not augmented": ["coupling.augment_decoders=false"],
    "dropout of E 0.3": ["modality.E.dropout=0.3"],
    "noise of E 0.5": ["modality.E.noise_sd=0.5"],
    "rate 3e-3, wide": [*FAST, "modality.T.hidden=[100,100]", "modality.E.hidden=[50,50]"],
    "latent 16": ["training.latent_dim=16"],
    "latent 8, rate 3e-3, lambda 5": [*FAST, "training.latent_dim=8", "coupling.lambda=5"],
    "latent 8, rate 3e-3, wide": LATENT_8,
}

# What is left to choose from, by what the recipe is for (nested.py).
SETTINGS = {
    "lean": {
        "rate 3e-3": FAST,
        "E regularised": [*FAST, *REGULAR],
        "E regularised, averaged": [*FAST, *REGULAR, *AVERAGED],
        "E regularised, averaged, encoders across": [*FAST, *REGULAR, *AVERAGED, *ACROSS],
        "the same, dropout of E 0.5, 6,000 steps": [*FAST, *REGULAR, *AVERAGED, *ACROSS, "modality.E.dropout=0.5", "training.steps=6000"],
    },
    "predict": {
        "latent 8": LATENT_8,
        "latent 8, E regularised, averaged, encoders across": [*LATENT_8, *REGULAR, *AVERAGED, *ACROSS],
        "the same, alpha of E 5": [*LATENT_8, *REGULAR, *AVERAGED, *ACROSS, "modality.E.alpha=5"],
        "latent 16, alpha of E 3, lambda 0.3": [*LATENT_16, "coupling.lambda=0.3"],
        "latent 16, alpha of E 3, lambda 0.1": [*LATENT_16, "coupling.lambda=0.1"],
    },
    "three": {
        "as the paper's E": morphology(0.05, 0.1),
        "regularised as E": morphology(0.5, 0.3),
        "noise 1, dropout 0.5": morphology(1, 0.5),
        "regularised as E, alpha of M 0.3": morphology(0.5, 0.3, "modality.M.alpha=0.3"),
        "regularised as E, lambda 0.3": morphology(0.5, 0.3, "coupling.lambda=0.3"),
        "regularised as E, latent 5": morphology(0.5, 0.3, "training.latent_dim=5"),
    },
}
