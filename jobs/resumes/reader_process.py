"""The process that reads one untrusted resume: `python -m jobs.resumes.reader_process SECONDS MEGABYTES NAME`.

The file comes on standard input, the answer leaves as one JSON object on standard output. The process
limits itself before it looks at the first byte, so a hostile file can cost no more than the limits.
"""

import json
import resource
import sys

from jobs.resumes.limits import MAX_FILE_BYTES, SENTENCES, ResumeUnreadableError
from jobs.resumes.reading import read_resume, to_json


def main(arguments: list[str]) -> int:
    """Read standard input within the limits given and print the answer; return the exit status."""
    seconds, megabytes, filename = int(arguments[0]), int(arguments[1]), arguments[2]
    memory = megabytes * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    data = sys.stdin.buffer.read(MAX_FILE_BYTES + 1)
    try:
        answer = to_json(read_resume(data, filename))
    except ResumeUnreadableError as error:
        answer = {"code": error.code, "sentence": error.sentence}
    except (MemoryError, RecursionError):
        answer = {"code": "bomb", "sentence": SENTENCES["bomb"]}
    sys.stdout.write(json.dumps(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
