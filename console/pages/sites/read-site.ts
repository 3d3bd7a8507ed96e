import { parse } from 'yaml'
import { SiteDefinition } from '#core/contracts/site.ts'

/** @returns the definition that a text is, or why it is none */
export const readSite = (text: string): { site?: SiteDefinition; problem?: string } => {
  try {
    const read = SiteDefinition.safeParse(parse(text))
    if (read.success) return { site: read.data }
    const [issue] = read.error.issues
    return { problem: `${issue?.path.join('.') || 'the file'}: ${issue?.message}` }
  } catch (error) {
    return {
      problem: error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error),
    }
  }
}
