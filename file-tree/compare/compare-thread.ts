import { parentPort, workerData } from 'node:worker_threads'
import { openFileSystem } from '../open-file-system.ts'
import { TargetFolder } from '../restore/target-folder.ts'
import { codeOf } from '../system-error.ts'
import { type Asked, Comparer, type Difference } from './comparer.ts'
import { ContentChecker } from './content-checker.ts'

export type CompareRequest =
  | { op: 'compare'; asked: readonly Asked[] }
  | { op: 'begin'; file: Parameters<ContentChecker['begin']>[0] }
  | { op: 'append'; from: number; data: Uint8Array }
  | { op: 'end' }
  /** The last one: what is open is closed, which the end of a thread alone does not do. */
  | { op: 'close' }

export type CompareReply =
  | { differences: Difference[]; same: boolean[] }
  | { failure: { code: string; message: string } }

/** Looks at the folder that a point is compared with, in a thread of its own. Answers every request in the order of arrival. */
const system = await openFileSystem()
const folder = new TargetFolder(system, workerData as string)
const comparer = new Comparer(system, folder)
const checker = new ContentChecker(system, folder)

const perform = (request: CompareRequest): CompareReply => {
  switch (request.op) {
    case 'compare':
      return comparer.compare(request.asked)
    case 'begin':
      checker.begin(request.file)
      break
    case 'append':
      checker.append(request.from, request.data)
      break
    case 'end':
      checker.end()
      break
    case 'close':
      checker.end()
      folder.close()
      parentPort?.close()
  }
  return { differences: checker.take(), same: [] }
}

const replyTo = (request: CompareRequest): CompareReply => {
  try {
    return perform(request)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return { failure: { code: codeOf(error) ?? '', message } }
  }
}

parentPort?.on('message', request => parentPort?.postMessage(replyTo(request)))
