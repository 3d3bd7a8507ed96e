/** What stands within the frame: the page, not the menu. */
export const PAGE_ID = 'page'

export const headline = (): HTMLElement | null => document.querySelector(`#${PAGE_ID} h1`)

/** The keyboard, and who reads by ear, go on at the headline. @returns whether there is one */
export const goToHeadline = (): boolean => {
  const found = headline()
  if (!found) return false
  found.tabIndex = -1
  found.focus({ preventScroll: true })
  return true
}
