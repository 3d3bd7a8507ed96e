import { useLocation } from 'wouter'
import { siteAsWritten } from '#core/contracts/site-yaml.ts'
import { useCall, useDeed } from '../../api/use-call.ts'
import { useNotices } from '../../components/notices.tsx'
import { PageWithoutData } from '../../components/page-without-data.tsx'
import { navigation } from '../../text/navigation.ts'
import { defineSite as words } from '../../text/sites.ts'
import { DefinitionForm } from './definition-form.tsx'

/** Changes a site from the version that was looked at. */
export const Page = ({ siteId }: { siteId: string }) => {
  const [, go] = useLocation()
  const { tell } = useNotices()
  const { data, error, refetch } = useCall('getSite', { params: { siteId } }, { every: false })
  const save = useDeed('putSite', {
    onDone: ({ site }) => {
      tell({ type: 'success', content: words.done(site.name) })
      go(`/sites/${siteId}`)
    },
  })
  if (!data)
    return (
      <PageWithoutData
        {...{ title: navigation.editSite, loading: words.loading, failed: words.failed, error }}
        onRetry={() => void refetch()}
      />
    )
  const { site, version } = data
  return (
    <DefinitionForm
      title={words.editTitle(site.name)}
      begin={siteAsWritten(site, data.text)}
      back={`/sites/${siteId}`}
      save={{
        ...save,
        mutate: (changed, written) =>
          save.mutate({ params: { siteId }, body: { version, site: changed, ...written } }),
      }}
    />
  )
}
