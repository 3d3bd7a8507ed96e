import { ControlUrlError } from './errors.ts'

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/

/** Whether what is sent there leaves this machine. */
export const isLoopback = (url: string): boolean => LOOPBACK.test(new URL(url).hostname)

/** @throws `CONTROL_URL_INVALID` where no token may be shown to it */
export const guardUrl = (text: string): void => {
  if (!URL.canParse(text))
    throw new ControlUrlError(text, 'it is no URL, such as https://api.example.com')
  const { protocol, username, password, search, pathname } = new URL(text)
  if (protocol !== 'https:' && protocol !== 'http:')
    throw new ControlUrlError(text, 'it begins with neither https:// nor http://')
  if (protocol === 'http:' && !isLoopback(text))
    throw new ControlUrlError(
      text,
      'plain http would show the token to everybody on the way, and is taken to this machine only',
    )
  if (username || password) throw new ControlUrlError('(not shown)', 'it holds credentials')
  if (pathname !== '/' || search !== '')
    throw new ControlUrlError(text, 'it must end behind the host, or its port: the paths are ours')
}
