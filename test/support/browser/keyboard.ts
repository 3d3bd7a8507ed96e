import type { Locator, Page } from 'playwright-core'
import { expect } from 'vitest'

/** Stops of the longest page, and some. */
const MOST_STOPS = 90

/** Somebody who has no mouse: Tab, arrows, Enter, Space, Escape and what is typed. */
export const keyboardOf = (page: Page) => {
  const focused = page.locator(':focus')
  const isAt = async (where: Locator): Promise<boolean> => (await where.and(focused).count()) > 0
  const press = (key: string) => page.keyboard.press(key)
  /** Goes forward to a control, and fails where the keyboard does not lead there. */
  const tabTo = async (where: Locator): Promise<void> => {
    for (let stops = 0; stops < MOST_STOPS; stops++) {
      if (await isAt(where)) return
      await press('Tab')
    }
    throw new Error(`the keyboard does not lead to ${where}`)
  }
  return {
    press,
    tabTo,
    type: (text: string) => page.keyboard.type(text),
    isAt: (where: Locator) => expect.poll(() => isAt(where), { message: String(where) }).toBe(true),
    async use(where: Locator, key: 'Enter' | 'Space' = 'Enter') {
      await tabTo(where)
      await press(key)
    },
    /** Goes down the list that stands open, to an entry, and takes it. */
    async choose(entry: Locator) {
      await entry.waitFor()
      for (let entries = 0; entries < 20; entries++) {
        const at = await focused.getAttribute('aria-activedescendant')
        if (at !== null && at === (await entry.getAttribute('id'))) return press('Enter')
        await press('ArrowDown')
      }
      throw new Error(`the arrow does not lead to ${entry}`)
    },
    /** Goes down the menu that stands open, to an entry, and takes it. */
    async take(entry: Locator) {
      await entry.waitFor()
      for (let entries = 0; entries < 20; entries++) {
        if (await isAt(entry)) return press('Enter')
        await press('ArrowDown')
      }
      throw new Error(`the arrow does not lead to ${entry}`)
    },
    async typeInto(where: Locator, text: string) {
      await tabTo(where)
      await page.keyboard.type(text)
    },
    /** Whether it can be seen where the keyboard stands: the place looks otherwise without it. */
    async isSeen(): Promise<boolean> {
      const box = await focused.boundingBox()
      if (!box) return false
      const clip = {
        x: Math.max(0, box.x - 6),
        y: Math.max(0, box.y - 6),
        width: box.width + 12,
        height: box.height + 12,
      }
      const looks = () => page.screenshot({ clip, animations: 'disabled', caret: 'hide' })
      const withFocus = await looks()
      await page.evaluate('globalThis.stood = document.activeElement; stood.blur()')
      const without = await looks()
      await page.evaluate('stood.focus()')
      return !withFocus.equals(without)
    },
  }
}

/** Remembers each text that comes into a live region. */
const LISTENER = `{
  globalThis.heard = []
  const LIVE = '[aria-live=polite], [aria-live=assertive], [role=status], [role=alert]'
  const listen = node => {
    const region = (node instanceof Element ? node : node.parentElement)?.closest(LIVE)
    const text = region?.getAttribute('aria-live') === 'off' ? '' : region?.textContent?.trim()
    if (text && heard.at(-1) !== text) heard.push(text)
  }
  new MutationObserver(changes => {
    for (const { target, addedNodes } of changes) for (const node of [target, ...addedNodes]) listen(node)
  }).observe(document, { subtree: true, childList: true, characterData: true })
}`

/** What a screen reader is told without being asked, from the next page that is loaded on. */
export const hearing = async (page: Page): Promise<() => Promise<string[]>> => {
  await page.addInitScript(LISTENER)
  return () => page.evaluate<string[]>('heard')
}
