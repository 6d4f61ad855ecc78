/** `npm run schemas`: writes the JSON Schemas that editors use for files of this repository. */
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { profileJsonSchema } from '../hardware/json-schema.ts';

const project = resolve(import.meta.dirname, '../..');
await writeFile(
  join(project, 'firmware-profiles/profile.schema.json'),
  `${JSON.stringify(profileJsonSchema(), null, 2)}\n`,
);
