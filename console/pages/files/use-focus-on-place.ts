import { useEffect, useRef } from 'react'
import { above, keyOf, nameOf, type Place } from './place.ts'

/**
 * Keeps the keyboard where somebody works: in a folder that they opened at its beginning, and in one that they came back to at what they had opened from there.
 * @param isThere whether what is at the place is shown
 * @returns for the section that shows it
 */
export const useFocusOnPlace = (place: Place, isThere: boolean) => {
  const section = useRef<HTMLElement>(null)
  /** Where the focus was put last; at first it stays where the browser has it. */
  const last = useRef<Place>(undefined)
  const key = keyOf(place)
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for the place
  useEffect(() => {
    if (!isThere) return
    const from = last.current
    last.current = place
    if (from === undefined || keyOf(from) === key) return
    const parent = above(from)
    const left = parent && keyOf(parent) === key ? nameOf(from.path) || from.volume : undefined
    const row = [...(section.current?.querySelectorAll<HTMLElement>('[data-name]') ?? [])].find(
      one => one.dataset.name === left,
    )
    const link = left === undefined ? undefined : row?.querySelector('a')
    ;(link ?? section.current)?.focus()
  }, [key, isThere])
  return section
}
