import { installsUnderSystemd } from './under-systemd.ts';

installsUnderSystemd('trixie');
