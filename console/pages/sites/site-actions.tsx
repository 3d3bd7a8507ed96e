import Button from '@cloudscape-design/components/button'
import ButtonDropdown from '@cloudscape-design/components/button-dropdown'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useState } from 'react'
import { useLocation } from 'wouter'
import type { SiteView } from '#core/contracts/sites-api.ts'
import { useMay } from '../../api/may.ts'
import { useAskedDeed } from '../../api/use-asked-deed.ts'
import { useDeed } from '../../api/use-call.ts'
import { ConfirmByName } from '../../components/confirm-by-name.tsx'
import { useNotices } from '../../components/notices.tsx'
import { sitePage as words } from '../../text/sites.ts'

/** What can be done with a site. */
export const SiteActions = ({ view }: { view: SiteView }) => {
  const [, go] = useLocation()
  const may = useMay()
  const [asks, setAsks] = useState(false)
  const { siteId, policies } = view
  return (
    <SpaceBetween direction="horizontal" size="xs">
      <ButtonDropdown
        items={[
          { id: 'edit', text: words.edit, ...may('putSite') },
          { id: 'delete', text: words.delete, ...may('deleteSite') },
        ]}
        ariaLabel={words.edit}
        onItemClick={({ detail }) =>
          detail.id === 'edit' ? go(`/sites/${siteId}/edit`) : setAsks(true)
        }
      >
        {words.edit}
      </ButtonDropdown>
      {policies.length === 0 ? (
        <Button {...may('createPolicy')} onClick={() => go('/policies/new')}>
          {words.protect}
        </Button>
      ) : (
        <BackUpNow policies={policies} />
      )}
      {asks && <DeleteModal view={view} onClose={() => setAsks(false)} />}
    </SpaceBetween>
  )
}

/** Starts a run of the policy that backs up the site; where several do, the person says which. */
const BackUpNow = ({ policies }: Pick<SiteView, 'policies'>) => {
  const [, go] = useLocation()
  const may = useMay()
  const { tell, tellProblem } = useNotices()
  const { mutate, isPending } = useDeed('startRun')
  const start = ({ policyId, name }: SiteView['policies'][number]) =>
    mutate(
      { body: { kind: 'policy', policyId } },
      {
        onSuccess: ({ runId }) =>
          tell({
            type: 'success',
            content: words.started(name),
            action: <Button onClick={() => go(`/runs/${runId}`)}>{words.watch}</Button>,
          }),
        onError: error => tellProblem(words.backUp, error),
      },
    )
  const [only] = policies
  if (only && policies.length === 1)
    return (
      <Button
        variant="primary"
        loading={isPending}
        {...may('startRun')}
        onClick={() => start(only)}
      >
        {words.backUp}
      </Button>
    )
  return (
    <ButtonDropdown
      variant="primary"
      loading={isPending}
      items={policies.map(({ policyId, name }) => ({
        id: policyId,
        text: name,
        ...may('startRun'),
      }))}
      ariaLabel={words.chooseRun}
      onItemClick={({ detail }) => {
        const chosen = policies.find(({ policyId }) => policyId === detail.id)
        if (chosen) start(chosen)
      }}
    >
      {words.backUp}
    </ButtonDropdown>
  )
}

const DeleteModal = ({ view, onClose }: { view: SiteView; onClose: () => void }) => {
  const [, go] = useLocation()
  const { siteId, version, site } = view
  const { ask, dialogue } = useAskedDeed('deleteSite', {
    told: ({ line }) => line,
    onClose,
    onTold: () => go('/sites'),
  })
  return (
    <ConfirmByName
      {...dialogue}
      title={words.deleteTitle(site.name)}
      action={words.delete}
      name={site.name}
      onConfirm={() => ask({ params: { siteId }, query: { version } })}
    >
      {words.deleteWarning}
    </ConfirmByName>
  )
}
