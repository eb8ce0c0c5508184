"""Queue triggers: fetching in batches, leases that are renewed, retries by visibility, poison queues."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor
from datetime import timedelta

from lib.domain.messages import POISON
from lib.ports.clock import Clock
from lib.ports.event_queue import EventQueue, QueueMessage
from local.host.bindings import queue_payload
from local.host.functions import Function
from local.host.invocation import Invoker, log_failure, logger
from local.host.settings_resolution import QueueOptions
from local.host.waiting import Listener, Trouble

FIRST_POLL_S = 0.1


class Delivery:
    """A message in flight. Whoever settles it first decides what becomes of it; all others do nothing."""

    def __init__(self, message: QueueMessage, *, renew_at: float) -> None:
        self._lock = threading.Lock()
        self._settled = False
        self.message = message
        self.renew_at = renew_at
        """time.monotonic()"""
        self.begun = False

    def settle(self, action: Callable[[QueueMessage], object]) -> None:
        """Act on the newest receipt, once. If the action fails, the message comes again when its lease ends."""
        with self._lock:
            if not self._settled:
                self._settled = True
                action(self.message)

    def begin(self) -> bool:
        """Claim it for its function; False if it was given back before."""
        with self._lock:
            self.begun = not self._settled
            return self.begun

    def renew(self, action: Callable[[QueueMessage], QueueMessage | None]) -> None:
        with self._lock:
            if self._settled:
                return
            renewed = action(self.message)
            if renewed is None:
                logger.warning("lease lost message=%s queue=%s: it may run twice", self.message.id, self.message.queue)
                self._settled = True
            else:
                self.message = renewed


class QueueListener(Listener):
    """
    Polls one queue on its own thread and runs its function on the host's threads.

    At most batch_size + new_batch_threshold messages are in flight.
    """

    def __init__(
        self,
        function: Function,
        queue_name: str,
        *,
        queue: EventQueue,
        options: QueueOptions,
        invoker: Invoker,
        threads: Executor,
        clock: Clock,
        lease_s: float,
    ) -> None:
        super().__init__(f"queue {function.name}")
        self._function = function
        self._name = queue_name
        self._queue = queue
        self._options = options
        self._invoker = invoker
        self._threads = threads
        self._clock = clock
        self._lease_s = lease_s
        self._trouble = Trouble(f"queue {queue_name}")
        self._change = threading.Condition()
        self._in_flight: set[Delivery] = set()
        self._poison = None if queue_name.endswith(POISON) else queue_name + POISON
        """A poison queue has none of its own, as in Azure."""

    def is_idle(self) -> bool:
        return not self._in_flight and self._queue.depth(self._name).messages == 0

    def finish(self, deadline: float) -> bool:
        super().finish(deadline)
        self._give_back(only_waiting=True)
        with self._change:
            done = self._change.wait_for(lambda: not self._in_flight, max(0.0, deadline - time.monotonic()))
        self._give_back(only_waiting=False)
        return done

    def _listen(self) -> None:
        pause_s = FIRST_POLL_S
        while not self._stopping.is_set():
            try:
                fetched = self._fetch()
                self._renew()
            except Exception as error:  # noqa: BLE001 - whatever is wrong with the queue, this thread outlives it
                self._stopping.wait(self._trouble.failed(error))
                continue
            self._trouble.over()
            if fetched or self._pause(pause_s):
                pause_s = FIRST_POLL_S
            else:
                pause_s = min(pause_s * 2, self._options.max_polling_interval_s)

    def _pause(self, pause_s: float) -> bool:
        """Wait for a message, room for one, or the next renewal. True: woken up."""
        with self._change:
            renewals = [delivery.renew_at for delivery in self._in_flight]
            is_full = len(renewals) > self._options.new_batch_threshold
        until_renewal = min(renewals, default=float("inf")) - time.monotonic()
        return self._wait(max(0.0, min(until_renewal, self._lease_s if is_full else pause_s)))

    def _fetch(self) -> bool:
        with self._change:
            if len(self._in_flight) > self._options.new_batch_threshold:
                return False
        messages = self._queue.receive(self._name, limit=self._options.batch_size, visibility_s=self._lease_s)
        renew_at = time.monotonic() + self._lease_s / 2
        deliveries = [Delivery(message, renew_at=renew_at) for message in messages]
        with self._change:
            self._in_flight.update(deliveries)
        for delivery in deliveries:
            self._threads.submit(self._handle, delivery)
        return bool(deliveries)

    def _renew(self) -> None:
        now = time.monotonic()
        with self._change:
            due = [delivery for delivery in self._in_flight if delivery.renew_at <= now]
        for delivery in due:
            delivery.renew_at = now + self._lease_s / 10  # the next attempt, should this one fail
            delivery.renew(lambda message: self._queue.postpone(message, visibility_s=self._lease_s))
            delivery.renew_at = now + self._lease_s / 2

    def _handle(self, delivery: Delivery) -> None:
        try:
            if self._stopping.is_set():
                delivery.settle(self._return)
            elif delivery.begin():
                self._run(delivery)
        except Exception as error:  # noqa: BLE001 - not settled: the message comes again when its lease ends
            self._trouble.failed(error)
        finally:
            with self._change:
                self._in_flight.discard(delivery)
                self._change.notify_all()
                has_room_again = len(self._in_flight) == self._options.new_batch_threshold
            if has_room_again:
                self.wake()

    def _run(self, delivery: Delivery) -> None:
        message = delivery.message
        if self._poison and message.dequeue_count > self._options.max_dequeue_count:
            delivery.settle(self._set_aside)  # whatever took it so often did not live to say why
            return
        visible = self._clock.now() + timedelta(seconds=self._lease_s)
        try:
            self._invoker.run(self._function, queue_payload(message, next_visible=visible))
        except Exception as error:  # noqa: BLE001 - whatever a function raises must not end the host
            log_failure(self._function, error, f"message={message.id} attempt={message.dequeue_count}")
            self._settle_failure(delivery)
        else:
            delivery.settle(self._queue.complete)

    def _settle_failure(self, delivery: Delivery) -> None:
        if self._poison is None:
            return  # it stays hidden until its lease ends: Azure's guard against a fast endless loop
        if delivery.message.dequeue_count >= self._options.max_dequeue_count:
            delivery.settle(self._set_aside)
        else:
            rest_s = self._options.visibility_timeout_s
            delivery.settle(lambda message: self._queue.postpone(message, visibility_s=rest_s))

    def _set_aside(self, message: QueueMessage) -> None:
        """Copy first, then delete: a crash in between leaves it twice, never nowhere."""
        assert self._poison
        logger.warning("poison queue=%s message=%s attempts=%d", self._name, message.id, message.dequeue_count)
        self._queue.send(self._poison, [message.body])
        self._queue.complete(message)

    def _return(self, message: QueueMessage) -> None:
        self._queue.postpone(message, visibility_s=0)

    def _give_back(self, *, only_waiting: bool) -> None:
        with self._change:
            deliveries = [d for d in self._in_flight if not (only_waiting and d.begun)]
        for delivery in deliveries:
            try:
                delivery.settle(self._return)
            except Exception as error:  # noqa: BLE001 - then it comes again when its lease ends
                self._trouble.failed(error)
