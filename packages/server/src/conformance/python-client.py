"""A Socket.IO client of another language: connects, does what standard input says, and prints what it hears.

Input, a line each, JSON: ["emit", event, payload] | ["ask", event, payload] | ["leave"].
Output, a line each, JSON: [event, payload] | ["#connect", null] | ["#disconnect", null] | ["#connect_error", data] | ["#ack", answer].
"""

import json
import sys

import socketio

url, namespace, transport, token = sys.argv[1:5]
client = socketio.Client(reconnection=False)


def say(event, payload=None):
    sys.stdout.write(json.dumps([event, payload]) + "\n")
    sys.stdout.flush()


client.on("connect", lambda: say("#connect"), namespace=namespace)
client.on("connect_error", lambda data=None: say("#connect_error", data), namespace=namespace)
client.on("disconnect", lambda *_: say("#disconnect"), namespace=namespace)
client.on("*", lambda event, payload=None: say(event, payload), namespace=namespace)

try:
    client.connect(url, auth={"token": token}, namespaces=[namespace], transports=[transport], wait_timeout=5)
except socketio.exceptions.ConnectionError as error:
    say("#failed", str(error))
    sys.exit(0)

for line in sys.stdin:
    word, *rest = json.loads(line)
    if word == "emit":
        client.emit(rest[0], rest[1], namespace=namespace)
    elif word == "ask":
        client.emit(rest[0], rest[1], namespace=namespace, callback=lambda *answer: say("#ack", answer[0] if answer else None))
    elif word == "leave":
        # Not client.disconnect(): the writer of python3-engineio 4.3 ends without sending the farewell when its last POST has not been
        # answered yet, and the server has to wait for a ping that does not come. So the farewell goes first, and is waited for.
        client.eio.queue.join()
        client._send_packet(client.packet_class(socketio.packet.DISCONNECT, namespace=namespace))
        client.eio.queue.join()
        client.eio.disconnect(abort=True)
        break
