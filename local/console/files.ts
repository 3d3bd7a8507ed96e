import { existsSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import sirv from 'sirv'
import { type ConsoleSettings, contentSecurityPolicy } from '#core/contracts/console.ts'

const BUILT = fileURLToPath(new URL('../../console/dist', import.meta.url))

const HEADERS = {
  'content-security-policy': contentSecurityPolicy(),
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=()',
}

const SETTINGS: ConsoleSettings = { signIn: 'password' }

/**
 * The files of the console, as CloudFront serves them in the cloud (infra/constructs/console-headers.ts). A page has no file of its own: the application shows it.
 * @param built looked into at each request (`dev`): it is emptied and filled again when the console is built anew, and what was listed before is gone
 */
export const consoleFiles = (
  built: string = BUILT,
): ((request: IncomingMessage, response: ServerResponse) => void) => {
  const files = sirv(built, {
    dev: true,
    single: true,
    etag: true,
    gzip: true,
    setHeaders: cacheOf,
  })
  return (request, response) => {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value)
    endWithFile(response)
    // Files are sent whole (RFC 9110, 14.2: a server may ignore it). sirv 3 hands on a range that ends before it begins, at which the stream throws.
    delete request.headers.range
    if (request.url === '/settings.json') json(response, SETTINGS)
    else if (!existsSync(join(built, 'index.html'))) plain(response, 503, NOT_BUILT)
    else files(request, response, () => plain(response, 404, 'There is no such file.\n'))
  }
}

/** sirv pipes a file into the answer and listens for no error: one that vanishes or cannot be read in the middle ends its own connection, and a caller that goes away the reading. */
const endWithFile = (response: ServerResponse): void => {
  response.once('pipe', (file: Readable) => {
    file.once('error', () => response.destroy())
    response.once('close', () => file.destroy())
  })
}

/** Files under assets/ are named by what they hold. */
const cacheOf = (response: ServerResponse, path: string): void => {
  const isNamed = path.startsWith('/assets/')
  response.setHeader('cache-control', isNamed ? 'public, max-age=31536000, immutable' : 'no-cache')
}

const NOT_BUILT =
  'The console is not built yet. Run "npm run console" in the folder of XenKeep, and load this page again. Everything it does, the command line does too: xenkeep --help.\n'

const plain = (response: ServerResponse, status: number, text: string): void => {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' })
  response.end(text)
}

const json = (response: ServerResponse, value: unknown): void => {
  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache' })
  response.end(JSON.stringify(value))
}
