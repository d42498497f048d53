"""Somebody else's program: it scores payments, and later learns which were fraud.

It writes both to Kafka with librdkafka (confluent-kafka) and fastavro, knows nothing
of hindsight, and prints as JSON what is true of what it wrote.

  program.py BROKERS SCORES LABELS N
"""

import collections
import datetime
import decimal
import io
import json
import pathlib
import random
import sys
import uuid

import fastavro
from confluent_kafka import Producer

HERE = pathlib.Path(__file__).parent
START = datetime.datetime(2026, 3, 1, tzinfo=datetime.timezone.utc)


def schema(name):
    return json.loads((HERE / name).read_text())


SCORE, LABEL = schema("score.avsc"), schema("label.avsc")
CANONICAL = fastavro.schema.to_parsing_canonical_form(SCORE)
FINGERPRINT = bytes.fromhex(fastavro.schema.fingerprint(CANONICAL, "CRC-64-AVRO"))
PARSED_SCORE, PARSED_LABEL = fastavro.parse_schema(SCORE), fastavro.parse_schema(LABEL)


def datum(parsed, record):
    out = io.BytesIO()
    fastavro.schemaless_writer(out, parsed, record)
    return out.getvalue()


def single_object(record):
    """Avro's single-object encoding: the marker, the fingerprint, little endian, and the datum."""
    return b"\xc3\x01" + FINGERPRINT + datum(PARSED_SCORE, record)


def main(brokers, scores, labels, n):
    failed = []

    def delivered(error, _):
        if error is not None:
            failed.append(str(error))

    producer = Producer({"bootstrap.servers": brokers, "linger.ms": 20, "enable.idempotence": True})

    def send(topic, key, value, at):
        producer.produce(topic, key=key, value=value, timestamp=int(at.timestamp() * 1000), on_delivery=delivered)
        producer.poll(0)

    rng = random.Random(7)
    truth = collections.Counter()
    windows = collections.defaultdict(lambda: [0, 0])  # day, build, channel → labelled, right
    for i in range(n):
        at = START + datetime.timedelta(minutes=i)
        key = str(uuid.UUID(int=rng.getrandbits(128), version=4))
        channel, build, p = ("CARD", "TRANSFER")[i % 2], 41 if i < n // 2 else 42, rng.random()
        record = {
            "payment": {"id": key, "amount": decimal.Decimal(rng.randrange(1, 10**6)).scaleb(-2), "channel": channel},
            "scored_at": at, "model": {"build": build, "notes": ["a"] * (i % 3)}, "probability": p, "decision": p > 0.5,
        }
        if i % 40 == 7:  # a fault of the program's: it says so little that nobody can use it
            record["probability"] = None
            send(scores, key, single_object(record), at)
            truth["unusable"] += 1
            continue
        if i % 40 == 9:
            send(scores, key, json.dumps({"id": key}).encode(), at)
            truth["unusable"] += 1
            continue
        send(scores, key, single_object(record), at)
        truth["scores"] += 1
        if i % 10 == 3:
            truth["without a label"] += 1
            continue
        fraud = rng.random() < (p if build == 41 else 1 - p)  # the new build has it the wrong way round
        known = at + datetime.timedelta(minutes=rng.randrange(10, 300))
        label = datum(PARSED_LABEL, {"payment_id": key, "fraud": "yes" if fraud else "no", "known": known})
        send(labels, key, label, known)
        truth["labels"] += 1
        if i % 25 == 0:
            send(labels, key, label, known)
            truth["labels"] += 1
            truth["twice"] += 1
        for segment in ("", "payment.channel=" + channel):
            w = windows[f"{at:%Y-%m-%d} {build} {segment}"]
            w[0] += 1
            w[1] += fraud == (p > 0.5)
    producer.flush()
    if failed:
        sys.exit(failed[0])
    print(json.dumps({"counts": truth, "windows": windows}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
