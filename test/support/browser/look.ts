import type { Page } from 'playwright-core'
import { expect } from 'vitest'

/** A page stands: it has its headline, and nothing of it is being loaded. */
export const settled = async (page: Page): Promise<void> => {
  await page.getByRole('heading', { level: 1 }).first().waitFor()
  await expect.poll(() => page.getByText(/^(Loading|Looking)/).count()).toBe(0)
}

/** What stands further to the right than the page is wide, so that somebody has to push the whole page aside to read it. Tables scroll within themselves. */
export const tooWide = (page: Page): Promise<string[]> =>
  page.evaluate<string[]>(`{
    const { clientWidth, scrollWidth } = document.documentElement
    const isOut = element => element.getBoundingClientRect().right > clientWidth + 1
    scrollWidth <= clientWidth
      ? []
      : [...document.querySelectorAll('body *')].filter(isOut).map(one => one.outerHTML.slice(0, 150)).slice(-5)
  }`)
