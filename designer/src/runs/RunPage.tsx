import { useQuery } from "@tanstack/react-query";

import { run } from "../shared/api/queries";
import { ErrorNote } from "../shared/ui/Note";
import { Loading, Page } from "../shared/ui/Page";
import { Sign } from "../shared/ui/Sign";

export default function RunPage({ id }: { id: string }) {
  const { data, error } = useQuery(run(id));
  return (
    <Page title={data?.flowId ?? id}>
      {error !== null && <ErrorNote error={error} />}
      {data === undefined && error === null && <Loading />}
      <ul>
        {data?.steps.map((step) => (
          <li key={step.id}>
            <Sign state={step.fate?.state ?? step.status} /> {step.component}
          </li>
        ))}
      </ul>
    </Page>
  );
}
