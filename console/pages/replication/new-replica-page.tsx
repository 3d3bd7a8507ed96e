import { useSearchParams } from 'wouter'
import { defineReplica as words } from '../../text/replication.ts'
import { NEW } from './definition.ts'
import { DefinitionForm } from './definition-form.tsx'

/** `?vm=` the UUID of the one that is meant. */
export const Page = () => {
  const [query] = useSearchParams()
  return <DefinitionForm title={words.title} begin={{ ...NEW, vm: query.get('vm') ?? '' }} />
}
