import { eventHandlerWith } from './middleware/event-handler.ts'
import { httpHandlerWith } from './middleware/http-handler.ts'
import { taskHandlerWith } from './middleware/task-handler.ts'
import type { Ports } from './ports.ts'

let ports: Promise<Ports> | undefined

/** What a Lambda's handlers work with, made at the first call after a cold start; one machine never loads the AWS adapters. */
const runtime = (): Promise<Ports> => {
  ports ??= import('./aws/ports.ts').then(({ awsPorts }) => awsPorts())
  return ports
}

export const httpHandler = httpHandlerWith(runtime)
export const taskHandler = taskHandlerWith(runtime)
export const eventHandler = eventHandlerWith(runtime)
