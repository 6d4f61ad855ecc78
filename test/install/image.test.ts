import { bootsClones } from './boots-clones.ts';
import { makesImages } from './makes-images.ts';
import { onFactory } from './on-factory.ts';
import { sealsImages } from './seals-images.ts';
import { upgradesClones } from './upgrades-clones.ts';

const test = onFactory();
makesImages(test);
sealsImages(test);
bootsClones(test);
upgradesClones(test);
