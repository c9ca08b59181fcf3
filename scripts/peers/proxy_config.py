"""Writes the configuration of the LiteLLM proxy: models that are mocked, and one that is the real server behind it.

    python3 scripts/peers/proxy_config.py FILE ADDRESS KEY

ADDRESS and KEY are those of the llama.cpp server. JSON is YAML too, so no library is needed.
"""

import json
import pathlib
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Words of the answer that the tests send: see tests/it/peers.rs.
QUOTE = "a read sees the newest write because the two groups share a server"


def judgement():
    """A whole reply on the concept rubric: one check met by words of the answer, one by words that nobody said."""
    rubric = tomllib.loads((ROOT / "prompts/rubrics/concept.toml").read_text())
    ids = [check["id"] for dimension in rubric["dimensions"] for check in dimension["checks"]] + ["always_no"]
    checks = {name: {"evidence": [], "met": "no"} for name in sorted(ids)}
    for name, quote in (("accuracy_1", QUOTE), ("accuracy_2", "every follower signs the log with its own clock")):
        checks[name] = {"evidence": [{"quote": quote, "segment": 1}], "met": "yes"}
    return json.dumps({"checks": checks, "injection_segments": []})


def config(address, key):
    mocks = {
        "judge": judgement(),
        "prose": "A strong, senior answer. 4 out of 4!",
        "busy": "litellm.RateLimitError",
        "too-long": "litellm.ContextWindowExceededError",
        "failing": "litellm.InternalServerError",
    }
    mocked = lambda reply: {"model": "openai/mock", "api_key": "none", "mock_response": reply}
    models = [{"model_name": name, "litellm_params": mocked(reply)} for name, reply in mocks.items()]
    relay = {"model": "openai/tiny-random", "api_base": f"{address}/v1", "api_key": key}
    return {
        "model_list": models + [{"model_name": "relay", "litellm_params": relay}],
        "general_settings": {"master_key": "sk-peer-key"},
        "litellm_settings": {"num_retries": 0, "telemetry": False},
        "router_settings": {"num_retries": 0, "disable_cooldowns": True},
    }


if __name__ == "__main__":
    pathlib.Path(sys.argv[1]).write_text(json.dumps(config(sys.argv[2], sys.argv[3]), indent=1))
