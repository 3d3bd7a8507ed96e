import { Document, isMap, isSeq } from 'yaml'
import type { SiteProposal } from '../contracts/site-proposal.ts'
import { safeText } from '../safe-text.ts'

const HEAD = [
  ' A proposal, made of what pools and guests tell. Nothing of it is saved.',
  ' Read each line: what stands above it says how sure it is, and why.',
].join('\n')

/** A proposal as a file that `xenkeep site define` takes, with the reason above each line. YAML 1.2. */
export const proposalAsYaml = ({ site, lines, notes }: SiteProposal): string => {
  const told = notes.map(note => ` ${safeText(note)}`).join('\n')
  if (!site) return `#${told}\n`
  const document = new Document(withoutDefaults(site), { version: '1.2', schema: 'core' })
  document.commentBefore = `${HEAD}\n${told}`
  const components = document.get('components')
  if (isSeq(components))
    for (const [index, item] of components.items.entries()) {
      const line = lines[index]
      if (line && isMap(item)) item.commentBefore = ` ${line.certainty}: ${safeText(line.because)}`
    }
  return document.toString({ lineWidth: 0 })
}

/** What nobody has to write is not written. */
const withoutDefaults = ({ kind: _, components, ...site }: NonNullable<SiteProposal['site']>) => ({
  ...site,
  components: components.map(({ protect, ...component }) => ({
    ...component,
    ...(!protect && { protect }),
  })),
})
