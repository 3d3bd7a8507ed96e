import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { SignInFailedError } from './errors.ts'

const PATIENCE_MS = 5 * 60_000

const page = (text: string) =>
  `<!doctype html><meta charset="utf-8"><title>XenKeep</title><p style="font-family:sans-serif">${text}</p>\n`

/**
 * Listens where the sign-in page sends the browser back to (RFC 8252, 7.3), on this machine's own addresses alone.
 * @param isOurs other answers are refused, and waited on
 * @throws `SIGN_IN_FAILED` where another program has the port
 */
export const listenForBrowser = async (callback: URL, isOurs: (back: URL) => boolean) => {
  const { promise, resolve, reject } = Promise.withResolvers<URL>()
  promise.catch(() => undefined)
  const serve = (): Server =>
    createServer((request, response) => {
      const back = URL.parse(request.url ?? '', callback.origin)
      const ours = request.method === 'GET' && back?.pathname === callback.pathname && isOurs(back)
      response.writeHead(ours ? 200 : 400, {
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'no-store',
        'referrer-policy': 'no-referrer',
        connection: 'close',
      })
      response.end(
        page(
          ours
            ? 'Go back to the terminal; this page can be closed.'
            : 'This answers no sign-in that is under way here.',
        ),
      )
      if (ours) resolve(back)
    })
  const servers: Server[] = []
  const close = () => {
    clearTimeout(timer)
    for (const server of servers) server.close()
  }
  const timer = setTimeout(
    () => reject(new SignInFailedError('Nobody signed in within five minutes')),
    PATIENCE_MS,
  )
  // "localhost" is either to a browser.
  for (const address of ['127.0.0.1', '::1']) {
    const server = serve().listen(Number(callback.port), address)
    const failed = await once(server, 'listening').then(
      () => undefined,
      (error: NodeJS.ErrnoException) => error,
    )
    if (!failed) servers.push(server)
    else if (address === '127.0.0.1' || failed.code === 'EADDRINUSE') {
      close()
      throw new SignInFailedError(
        `The browser could not be listened for on ${callback.host} (${failed.code})`,
        'Use "xenkeep login --no-browser", or end the program that has that port.',
      )
    }
  }
  return { back: promise, close }
}
