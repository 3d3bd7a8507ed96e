import { parentPort, workerData } from 'node:worker_threads'
import { startReader } from './start-reader.ts'
import type { FromReader, ReaderStart, ToReader } from './wire.ts'

/** The thread that reads a tree: calls of the system that hang stop nobody else. */
const port = parentPort
if (port) {
  const send = (message: FromReader) => port.postMessage(message)
  const receive = await startReader(workerData as ReaderStart, send)
  port.on('message', (message: ToReader) => receive(message))
}
