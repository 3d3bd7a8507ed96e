import { type PageRoute, pages } from '../pages/pages.ts'

/** The pages above a path, and its own last: `/policies/01…` stands below `/policies`. Parts of it that are no pages are left out. */
export const trailOf = (path: string): { text: string; href: string }[] => {
  const parts = path.split('/').filter(Boolean)
  return parts.flatMap((part, index) => {
    const href = `/${parts.slice(0, index + 1).join('/')}`
    const page = pageAt(href)
    if (!page && index < parts.length - 1) return []
    return [{ text: page?.title ?? safeDecode(part), href }]
  })
}

export const pageAt = (path: string): PageRoute | undefined =>
  pages.find(one => one.path === path) ??
  pages.find(one => fits(one.path, path.split('/').filter(Boolean)))

/** Whether a path is one of a pattern with parameters, `/policies/:policyId`. */
const fits = (pattern: string, path: readonly string[]): boolean => {
  const parts = pattern.split('/').filter(Boolean)
  return (
    parts.length === path.length &&
    parts.every((part, index) => part.startsWith(':') || part === path[index])
  )
}

const safeDecode = (part: string): string => {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
