import type { RouteReply } from '../../middleware/route-call.ts'
import { openApiDocument } from '../../openapi/document.ts'
import { httpHandler } from '../../runtime.ts'

let document: Record<string, unknown> | undefined

/** The description of the API in the version that answers. */
export const getOpenapi = () => async (): Promise<RouteReply<'getOpenapi'>> => {
  document ??= openApiDocument()
  return document
}

export const handler = httpHandler('getOpenapi', getOpenapi)
