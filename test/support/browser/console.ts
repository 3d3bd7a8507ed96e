import { readFile } from 'node:fs/promises'
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, Page } from 'playwright-core'
import { setPassword } from '#local/sign-in/password.ts'
import type { Machine } from '#test/support/machine.ts'
import { startBrowser, visitor } from './browser.ts'

/** The console of a machine, in a browser of its own. */
export const openConsole = async ({ site }: Pick<Machine, 'site'>) => {
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

/** What axe finds at the page as it stands, one line for each place; empty where all is well. */
export const axeFindings = async (page: Page): Promise<string[]> => {
  const { violations } = await new AxeBuilder({ page }).analyze()
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target }) => `${id}: ${help} at ${target.join(' ')}`),
  )
}
