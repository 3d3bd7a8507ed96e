import ExpandableSection from '@cloudscape-design/components/expandable-section'
import type { RecipeFacts } from '#core/contracts/guests-api.ts'
import { Words } from '../../components/words.tsx'
import { guestPage as words } from '../../text/guests.ts'
import { componentName } from './component.ts'

/** Of a long list the first; the command line has all. */
const SHOWN = 20

type Value = RecipeFacts['facts'][string]

/** What the probes of a recipe found on the guest, by the names that the recipe gives them. */
export const Found = ({ told }: { told: RecipeFacts }) => {
  const facts = Object.entries(told.facts)
  if (facts.length === 0) return words.nothingFound
  return (
    <ExpandableSection
      headerText={words.found}
      headerAriaLabel={words.foundOf(componentName(told))}
      variant="footer"
    >
      <ul>
        {facts.map(([name, value]) => (
          <li key={name}>
            <Words>
              {name}: {textOf(value)}
            </Words>
          </li>
        ))}
      </ul>
    </ExpandableSection>
  )
}

const textOf = (value: Value): string => {
  if (!Array.isArray(value)) return String(value ?? '–')
  const shown = value.slice(0, SHOWN).map(item => (isRow(item) ? rowText(item) : String(item)))
  const more = value.length > SHOWN ? [words.moreHeld(value.length - SHOWN)] : []
  return [...shown, ...more].join('; ') || '–'
}

type Row = Record<string, string | number | boolean | null>
const isRow = (item: Extract<Value, unknown[]>[number]): item is Row =>
  typeof item === 'object' && item !== null

const rowText = (row: Row): string =>
  Object.entries(row)
    .map(([name, value]) => `${name} ${value ?? '–'}`)
    .join(', ')
