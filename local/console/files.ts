import { existsSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
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
 */
export const consoleFiles = (): ((request: IncomingMessage, response: ServerResponse) => void) => {
  const files = existsSync(`${BUILT}/index.html`)
    ? sirv(BUILT, { single: true, etag: true, setHeaders: cacheOf })
    : undefined
  return (request, response) => {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value)
    if (request.url === '/settings.json') json(response, SETTINGS)
    else if (!files) plain(response, 503, NOT_BUILT)
    else files(request, response, () => plain(response, 404, 'There is no such file.\n'))
  }
}

/** Files under assets/ are named by what they hold. */
const cacheOf = (response: ServerResponse, path: string): void => {
  const isNamed = path.startsWith('/assets/')
  response.setHeader('cache-control', isNamed ? 'public, max-age=31536000, immutable' : 'no-cache')
}

const NOT_BUILT =
  'The console is not built yet. Run "npm run console" in the folder of XenKeep, and start XenKeep again. Everything it does, the command line does too: xenkeep --help.\n'

const plain = (response: ServerResponse, status: number, text: string): void => {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' })
  response.end(text)
}

const json = (response: ServerResponse, value: unknown): void => {
  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache' })
  response.end(JSON.stringify(value))
}
