import { pages } from '../pages/pages.ts'

/** The pages above a path, and its own last: `/policies/01…` stands below `/policies`. */
export const trailOf = (path: string): { text: string; href: string }[] => {
  const parts = path.split('/').filter(Boolean)
  return parts.map((part, index) => {
    const above = parts.slice(0, index + 1)
    const href = `/${above.join('/')}`
    const page = pages.find(one => one.path === href) ?? pages.find(one => fits(one.path, above))
    return { text: page?.title ?? safeDecode(part), href }
  })
}

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
