"""Real servers as child processes: a RabbitMQ node and a mongod, each on free ports in a folder.

They can be killed, stopped, continued and started again on the same port with the same data.
"""

from tests.servers.mongod import Mongod
from tests.servers.process import ServerProcess, free_port
from tests.servers.rabbitmq import RabbitMQ, why_no_rabbitmq

__all__ = ["Mongod", "RabbitMQ", "ServerProcess", "free_port", "why_no_rabbitmq"]
