import { useEffect, useRef } from 'react'
import { goToHeadline, headline, PAGE_ID } from '../components/headline.ts'
import { shell } from '../text/shell.ts'
import { pageAt } from './trail.ts'

const isWithinPage = (element: Element | null): boolean =>
  document.getElementById(PAGE_ID)?.contains(element) === true

/**
 * As a browser does where each page is loaded anew: the tab is named by the page, it is shown from its top, and the keyboard stands at its beginning. A page that
 * puts the keyboard into a field of its own is left so.
 */
export const usePageChange = (path: string): void => {
  const last = useRef(path)
  useEffect(() => {
    const isOther = last.current !== path
    last.current = path
    const before = document.activeElement
    document.title = titleOf(path, undefined)
    if (isOther) scrollTo(0, 0)
    let isArrived = !isOther
    const look = () => {
      const found = headline()
      if (!found) return
      // What is loading, or was renamed, may get another headline.
      const title = titleOf(path, found.textContent)
      if (document.title !== title) document.title = title
      if (isArrived) return
      isArrived = true
      const now = document.activeElement
      const isTaken = now !== document.body && (now !== before || isWithinPage(now))
      if (!isTaken) goToHeadline()
    }
    look()
    const observer = new MutationObserver(look)
    observer.observe(document.body, { childList: true, subtree: true })
    return () => observer.disconnect()
  }, [path])
}

/** Of a page about one thing, what its headline calls that. */
const titleOf = (path: string, headline: string | undefined): string => {
  const page = pageAt(path)
  const isOfOne = page?.path.includes(':') === true
  return [(isOfOne && headline) || page?.title, shell.product].filter(Boolean).join(' – ')
}

/** Until a component that mends this itself has done so. ms */
const PATIENCE = 100

/** Where what the keyboard stood at is gone (the row of what was deleted), it goes on at the headline and not before the menu. */
export const useKeptKeyboard = (): void => {
  useEffect(() => {
    let stood: Element | null = null
    const note = ({ target }: FocusEvent) => {
      stood = target instanceof Element && isWithinPage(target) ? target : null
    }
    const observer = new MutationObserver(() => {
      if (stood === null || stood.isConnected) return
      stood = null
      setTimeout(() => {
        if (document.activeElement === document.body) goToHeadline()
      }, PATIENCE)
    })
    addEventListener('focusin', note)
    observer.observe(document.body, { childList: true, subtree: true })
    return () => {
      removeEventListener('focusin', note)
      observer.disconnect()
    }
  }, [])
}
