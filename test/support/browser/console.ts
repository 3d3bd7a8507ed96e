import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, Page } from 'playwright-core'
import { setPassword } from '#local/sign-in/password.ts'
import { startBrowser, visitor } from './browser.ts'

/** The console of a machine, in a browser of its own. */
export const openConsole = async ({ site }: { site: { file: (...parts: string[]) => string } }) => {
  const { url } = JSON.parse(await readFile(site.file('control', 'endpoint.json'), 'utf8')) as {
    url: string
  }
  const password = await setPassword(site.file('control', 'password.json'))
  const browser: Browser = await startBrowser()
  const visit = (options?: Parameters<typeof visitor>[2]) => visitor(browser, url, options)
  return {
    url,
    password,
    visit,
    /** A person who has signed in and stands at a page. */
    async at(path: string, options?: Parameters<typeof visitor>[2]) {
      const person = await visit(options)
      await person.page.goto(path)
      await signIn(person.page, password)
      return person
    },
    close: () => browser.close(),
  }
}
export type TestConsole = Awaited<ReturnType<typeof openConsole>>

export const signIn = async (page: Page, password: string): Promise<void> => {
  await page.getByLabel('Password').fill(password)
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: /account and settings/ }).waitFor()
}

/** What fades in has the contrast of something half transparent until it is there; what turns for ever is left alone. */
const atRest = (page: Page): Promise<unknown> =>
  page.evaluate(`Promise.all(
    document.getAnimations()
      .filter(({ effect, playState }) => playState === 'running' && Number.isFinite(effect?.getComputedTiming().endTime))
      .map(({ finished }) => finished.catch(() => undefined)),
  ).then(() => undefined)`)

/** What axe finds at the page as it stands, one line for each place; empty where all is well. @param rules those alone */
export const axeFindings = async (page: Page, rules?: string[]): Promise<string[]> => {
  await atRest(page)
  // What is in order is not written up; without frames of others, the page itself can sum up instead of an empty one that is opened for each look.
  const isThere = await page.evaluate<boolean>("typeof axe === 'object'")
  // Half a megabyte of program, read once for each page that is loaded: pages of the console follow each other without that.
  const axe = new AxeBuilder({ page, ...(isThere && { axeSource: ';' }) })
    .options({ resultTypes: ['violations'] })
    .setLegacyMode()
  const { violations } = await (rules ? axe.withRules(rules) : axe).analyze()
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target }) => `${id}: ${help} at ${target.join(' ')}`),
  )
}

/** Writes a picture of the page as it stands, where XENKEEP_SCREENSHOTS names a folder. */
export const picture = async (page: Page, name: string): Promise<void> => {
  const folder = process.env.XENKEEP_SCREENSHOTS
  if (!folder) return
  await mkdir(folder, { recursive: true })
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true })
}
