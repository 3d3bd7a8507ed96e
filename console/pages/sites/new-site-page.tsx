import Alert from '@cloudscape-design/components/alert'
import { useLocation } from 'wouter'
import type { SiteProposal } from '#core/contracts/site-proposal.ts'
import { siteAsYaml } from '#core/contracts/site-yaml.ts'
import { useCall, useDeed } from '../../api/use-call.ts'
import { useNotices } from '../../components/notices.tsx'
import { PageWithoutData } from '../../components/page-without-data.tsx'
import { navigation } from '../../text/navigation.ts'
import { defineSite as words } from '../../text/sites.ts'
import { DefinitionForm } from './definition-form.tsx'
import { Sentences } from './sentences.tsx'

/** Defines a site, beginning with what pools and guests tell of one. */
export const Page = () => {
  const [, go] = useLocation()
  const { tell } = useNotices()
  const { data, error, refetch } = useCall('discoverSite', {}, { every: false })
  const save = useDeed('createSite', {
    onDone: ({ siteId, site }) => {
      tell({ type: 'success', content: words.done(site.name) })
      go(`/sites/${siteId}`)
    },
  })
  if (!data)
    return (
      <PageWithoutData
        {...{ title: navigation.newSite, loading: words.looking, failed: words.notFound, error }}
        onRetry={() => void refetch()}
      />
    )
  return (
    <DefinitionForm
      title={words.title}
      begin={data.site ? siteAsYaml(data.site) : words.example}
      back="/sites"
      save={{ ...save, mutate: (site, written) => save.mutate({ body: { ...site, ...written } }) }}
      above={<Found proposal={data} />}
    />
  )
}

/** Where the lines of the proposal come from, and how sure each is. */
const Found = ({ proposal: { site, lines, notes } }: { proposal: SiteProposal }) => (
  <Alert type="info" header={site ? words.found : words.nothingFound}>
    <Sentences
      title={words.lines}
      texts={lines.map(({ certainty, because }) => `${because} (${words.certainties[certainty]})`)}
    />
    <Sentences title={words.notes} texts={notes} />
  </Alert>
)
