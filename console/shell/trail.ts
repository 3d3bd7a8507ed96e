import { pages } from '../pages/pages.ts'

/** The pages above a path, and its own last: `/policies/01…` stands below `/policies`. */
export const trailOf = (path: string): { text: string; href: string }[] => {
  const parts = path.split('/').filter(Boolean)
  return parts.map((part, index) => {
    const href = `/${parts.slice(0, index + 1).join('/')}`
    const page = pages.find(({ path: pattern }) => pattern === href)
    return { text: page?.title ?? safeDecode(part), href }
  })
}

const safeDecode = (part: string): string => {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
