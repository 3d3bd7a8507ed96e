import { existsSync } from 'node:fs'
import { type Browser, type BrowserContext, chromium } from 'playwright-core'

/** Debian's and others' names. */
const PATHS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

export const chromiumPath = (): string | undefined =>
  [process.env.XENKEEP_CHROMIUM, ...PATHS].find(path => path && existsSync(path))

/** A browser as people have it, but that nobody sees it. */
export const startBrowser = (): Promise<Browser> => {
  const executablePath = chromiumPath()
  if (!executablePath) throw new Error('there is no Chromium')
  return chromium.launch({
    executablePath,
    // Tests run as root on machines without a GPU, and it must call nobody but us.
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  })
}

/**
 * One visitor with an empty browser.
 * @returns the page, and everything that went wrong in it that people do not see: scripts that broke, files and calls that the console should not have made
 */
export const visitor = async (
  browser: Browser,
  url: string,
  options: Parameters<Browser['newContext']>[0] = {},
) => {
  const context: BrowserContext = await browser.newContext({
    baseURL: url,
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
    viewport: { width: 1280, height: 900 },
    ...options,
  })
  // The preset is half a minute, which opening a point takes on a machine with much to do.
  context.setDefaultTimeout(60_000)
  const page = await context.newPage()
  const troubles: string[] = []
  page.on('pageerror', error => troubles.push(String(error)))
  page.on('console', message => {
    // A refused call is told by the page itself, and by Chromium once more.
    if (message.type() === 'error' && !/Failed to load resource/.test(message.text()))
      troubles.push(message.text())
  })
  page.on('request', request => {
    // What the page itself holds is called too, when it is shown or saved.
    if (![url, 'data:', `blob:${url}`].some(known => request.url().startsWith(known)))
      troubles.push(`it called ${request.url()}`)
  })
  return { context, page, troubles }
}
