import Button from '@cloudscape-design/components/button'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useState } from 'react'
import type { ListedPoint } from '#core/contracts/runs-api.ts'
import { useCaller } from '../../api/context.tsx'
import { PageLink } from '../../components/page-link.tsx'
import { ProblemAlert } from '../../components/problem-alert.tsx'
import { Time } from '../../components/time.tsx'
import { files } from '../../text/files.ts'
import { restore } from '../../text/restore.ts'
import { DownloadList } from './download-list.tsx'
import { LookState } from './look-state.tsx'
import type { Place } from './place.ts'
import { PlaceContents } from './place-contents.tsx'
import { useDownloads } from './use-downloads.ts'
import { useLook } from './use-look.ts'
import { Way } from './way.tsx'

const words = files.look

/** The files of one point: how the look stands, where somebody is, what is there, and what they download. */
export const BrowsePoint = ({ point, place }: { point: ListedPoint; place: Place }) => {
  const { pointId, vmName } = point
  const [isForOthers] = useState(useCaller().restoreApproval === 'other-person')
  const { look, asking, unseen, begin, end } = useLook(pointId, !isForOthers)
  const { all, ask, ...deeds } = useDownloads(asking)
  return (
    <SpaceBetween size="l">
      <Header
        variant="h1"
        description={
          <>
            <Time at={point.taken} />, {restore.consistencies[point.consistency]}.{' '}
            <PageLink to="/files">{files.point.other}</PageLink>
          </>
        }
        actions={
          (look.state === 'ready' || (look.state === 'starting' && look.runId !== undefined)) && (
            <Button onClick={end}>{words.end}</Button>
          )
        }
      >
        {files.point.of(vmName)}
      </Header>
      {unseen !== null && <ProblemAlert error={unseen} title={words.away} />}
      <LookState look={look} begin={begin} />
      <Way pointId={pointId} place={place} />
      <PlaceContents point={point} place={place} asking={asking} download={ask} />
      <DownloadList all={all} deeds={deeds} />
    </SpaceBetween>
  )
}
