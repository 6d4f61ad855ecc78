import * as z from 'zod';
import { profileSchema } from './profile-schema.ts';

/** JSON Schema of a hardware profile, for editors. The agent goes by the same schema. */
export const profileJsonSchema = (): z.core.JSONSchema.JSONSchema => ({
  ...z.toJSONSchema(profileSchema, { io: 'input' }),
  title: 'Hardware profile of the appliance agent',
});
