import { parentPort } from 'node:worker_threads'
import { openFileSystem } from '../open-file-system.ts'
import { startReader } from './start-reader.ts'
import type { FromReader, ReaderStart, ToReader } from './wire.ts'

/** The thread that reads a tree: calls of the system that hang stop nobody else. */
const port = parentPort
if (port) {
  const send = (message: FromReader) => port.postMessage(message)
  const system = await openFileSystem()
  port.once('message', async (start: ReaderStart) => {
    const receive = await startReader(start, send, { system })
    port.on('message', (message: ToReader) => receive(message))
  })
}
