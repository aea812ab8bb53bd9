"""How other platforms spell a stage, and which of ours it is. Spellings are compared in lower case."""

from yunzu.model.manifests import Stage
from yunzu.model.text import shown

# What nearly everybody means by these.
SYNONYMS: dict[str, Stage] = {
    "dev": "dev",
    "development": "dev",
    "local": "dev",
    "poc": "dev",
    "prototype": "dev",
    "prototyping": "dev",
    "e2e": "test",
    "preprod": "test",
    "preproduction": "test",
    "qa": "test",
    "stage": "test",
    "staging": "test",
    "test": "test",
    "testing": "test",
    "uat": "test",
    "live": "prod",
    "live-production": "prod",
    "prod": "prod",
    "production": "prod",
}

# Names of a purpose or a mixture of two stages: the likeliest reading, always reported as a guess.
GUESSES: dict[str, Stage] = {
    "api-sandbox": "dev",
    "archive": "prod",
    "db-backups": "test",
    "demo": "test",
    "dev-lgfs": "dev",
    "dnstest": "test",
    "live-dev": "dev",
    "metabase": "prod",
    "parity": "test",
    "repos": "prod",
    "test-dev": "test",
    "test-production": "test",
    "training": "test",
}


def stage_of(spelling: str | None, is_production: bool | None) -> tuple[Stage, str, str]:
    """The stage, and a code and sentence where it is a guess or contradicts itself (else both empty).

    `is_production` wins over the spelling: it is what the other platform itself acts on.
    """
    word = (spelling or "").lower()
    stage = SYNONYMS.get(word) or GUESSES.get(word)
    if is_production is None:
        decided: Stage = stage or "test"
    elif is_production:
        decided = "prod"
    else:
        decided = stage if stage and stage != "prod" else "test"
    if word not in SYNONYMS:
        what = f"{shown(spelling)} names no stage" if spelling else "no stage is named"
        return decided, "note-stage-guessed", f"{what}; taken as {decided}"
    if stage != decided:
        flag = "production" if is_production else "not production"
        fact = f"is called {shown(spelling)}, and marked as {flag}"
        return decided, "note-stage-contradiction", f"{fact}; the mark counts, taken as {decided}"
    return decided, "", ""
