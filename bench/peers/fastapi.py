"""A FastAPI server that appends each posted sample to a CSV file, as the Python prototype of Headroom did."""

import json
import os
import subprocess
import sys

import processes

from .samples import BATCH_SAMPLES, METRICS, node_name, values_of
from .server import measure_server
from .stream import http_post, post_for

NAME = "FastAPI, CSV; answers before the disk has it, no fsync"

SERVER = f'''
import csv, sys
from typing import List
from fastapi import FastAPI
from pydantic import BaseModel
import uvicorn

class Sample(BaseModel):
    node_id: str
    timestamp: float
{"".join(f"    {metric}: float{chr(10)}" for metric in METRICS)}
app = FastAPI()
file = open(sys.argv[2], "a", newline="")
writer = csv.writer(file)

def row(sample):
    return [sample.node_id, sample.timestamp, {", ".join(f"sample.{metric}" for metric in METRICS)}]

@app.post("/metrics")
async def ingest(sample: Sample):
    writer.writerow(row(sample))
    file.flush()
    return {{"status": "ok"}}

@app.post("/batch")
async def ingest_batch(samples: List[Sample]):
    writer.writerows(map(row, samples))
    file.flush()
    return {{"status": "ok"}}

uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="error", access_log=False)
'''


def python_with_fastapi():
    """Debian's modules belong to Debian's interpreter."""
    for python in ("/usr/bin/python3", sys.executable):
        if subprocess.run([python, "-c", "import fastapi, uvicorn"], stderr=subprocess.DEVNULL, check=False).returncode == 0:
            return python
    return None


def sample(node, time_s):
    return {"node_id": node_name(node), "timestamp": round(time_s, 3), **dict(zip(METRICS, values_of(node, time_s)))}


def run(work, seconds, nodes):
    python = python_with_fastapi()
    if python is None:
        return None
    port = processes.free_port()
    server = subprocess.Popen([python, "-c", SERVER, str(port), os.path.join(work, "fastapi.csv")])

    def one(node, time_s):
        return http_post("/metrics", json.dumps(sample(node, time_s)).encode(), "application/json")

    batches = [json.dumps([sample(node, second) for second in range(BATCH_SAMPLES)]).encode() for node in range(20)]

    def post_batches(long_s):
        return post_for(port, "/batch", "application/json", lambda turn: batches[turn % len(batches)], long_s)

    return measure_server(server, port, seconds, nodes, one, post_batches)
