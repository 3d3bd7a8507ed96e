import { parentPort, workerData } from 'node:worker_threads'
import { free } from '#repository/format/bytes.ts'
import { openFileSystem } from '../open-file-system.ts'
import { codeOf } from '../system-error.ts'
import { Preparer } from './preparer.ts'
import { Surveyor } from './survey.ts'
import { TargetFolder } from './target-folder.ts'
import type { Answer, Reply, Request, ThreadSetup } from './thread-protocol.ts'
import { TreeWriter } from './tree-writer.ts'

/** One thread of a restore: a file system that hangs stops it alone. Answers every request in the order of arrival. */
const setup = workerData as ThreadSetup
const system = await openFileSystem()
const target = new TargetFolder(system, setup.target)
const preparer = new Preparer({ ...setup, system, target })
const surveyor = new Surveyor(system, target, setup.user.uid)
const writer = new TreeWriter({ ...setup, system, target })

const perform = (request: Request): Answer => {
  switch (request.op) {
    case 'survey':
      return { survey: surveyor.look(request.entries) }
    case 'prepare':
      return preparer.prepare(request.entries)
    case 'make':
      for (const { item, at, length } of request.packed)
        writer.make(item, request.data.subarray(at, at + length))
      break
    case 'begin':
      writer.begin(request.number, request.item)
      break
    case 'append':
      writer.append(request.number, request.from, request.data)
      break
    case 'end':
      writer.end(request.number)
      break
    case 'abandon':
      writer.abandon(request.number)
      break
    case 'finish':
      for (const item of request.items)
        if (item.entry.hardLinkTo === undefined) writer.finishFolder(item)
        else writer.link(item)
      break
    case 'wait':
      break
    case 'close':
      writer.close()
      target.close()
      break
  }
  if (request.op !== 'close') writer.forgetFolders()
  return { outcome: writer.takeOutcome() }
}

const replyTo = (request: Request): Reply => {
  try {
    return { answer: perform(request) }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return { failure: { code: codeOf(error) ?? '', message } }
  }
}

parentPort?.on('message', (request: Request) => {
  const reply = replyTo(request)
  if ('data' in request) free(request.data)
  parentPort?.postMessage(reply)
  if (request.op === 'close') parentPort?.close()
})
