"""What people think of at a style or a mood: places, people, clothes, moments, dances, neighbours of its name.

Short words beside the sentences of the glossary. Wordings that the band's held-out prompts use are left out here too.
"""

from __future__ import annotations

from songloom.conditioning.glossary import split_phrases

STYLES: dict[str, tuple[str, ...]] = {
    "solo piano": split_phrases(
        """
        keyboardist by herself; one pair of hands on the keys; pianist; pianistic; only the piano; piano and nothing
        more; nothing but piano; a single piano; unadorned piano; Romantic piano; impressionist piano; nocturne;
        prelude; sonata; étude; bagatelle; keyboard miniature; grand with the lid open; Beethoven sonata; Mozart at
        the keyboard; Brahms intermezzo; Grieg lyric piece; ivories; tinkling the ivories; Joe Hisaishi at the piano
        """
    ),
    "solo guitar": split_phrases(
        """
        a single guitar; only a guitar; guitar and nothing more; nothing but guitar; one acoustic guitar; solitary
        guitarist; unplugged guitar; strummer on the beach; six strings and two hands; flamenco; classical guitarist;
        bard with a guitar; nylon strings; parlour guitar; fingerpicking; guitar étude
        """
    ),
    "solo harp": split_phrases(
        """
        a single harp; only a harp; harp and nothing more; nothing but harp; solitary harpist; angel's instrument;
        heaven; harp strings; glissandi; plucked arpeggios; unaccompanied plucking of strings; medieval harp; harp
        étude; the harp by itself; harp lesson; lyre; cherub; heavenly plucks; Greek muse
        """
    ),
    "solo flute": split_phrases(
        """
        a single flute; only a flute; flute and nothing more; nothing but flute; solitary flute player; woodwind by
        itself; breath and wood; whistle of a shepherd; flute étude; the flute by itself; unaccompanied flautist;
        bamboo flute; wooden flute; concert flute; panpipes; a bird singing; faun; wind through reeds; solo winds
        """
    ),
    "solo cello": split_phrases(
        """
        a single cello; only a cello; cello and nothing more; nothing but cello; solitary cellist; the cello by
        itself; cello étude; low strings by one player; one cellist on stage; unaccompanied cellist; deep strings, one
        bow; cello suite; baritone voice of the strings; bowing low notes; practising the cello
        """
    ),
    "solo violin": split_phrases(
        """
        a single violin; only a violin; violin and nothing more; nothing but violin; solitary violin player; the
        violin by itself; violin étude; unaccompanied violinist; one violinist on stage; high strings, one bow;
        partita; caprice; fiddle by itself; gypsy violin; practising the violin; virtuoso of the bow
        """
    ),
    "music box": split_phrases(
        """
        toys; toy piano; toy shop; children's room; infant; cradle; crib; newborn; baby; toddlers; kindergarten;
        nanny; little girl's bedroom; trinkets; dolls; doll's house; teddy; keepsake; tin toy; rocking horse; mobile
        over the bed; clockwork; winding mechanism; twinkle twinkle little star; bedtime for little ones
        """
    ),
    "church organ": split_phrases(
        """
        church; minster; abbey; basilica; parish; nave and choir stalls; mass; Mass in Latin; religious service;
        sermon; requiem; sacred; ecclesiastical; pious; monks; bishop; priest; altar; pew; steeple; stained glass;
        incense and pipes; hymn; hymnal; evensong; the Vatican; Protestant hymn; Easter vigil; pipes; organ pipes;
        organ recital
        """
    ),
    "string quartet": split_phrases(
        """
        chamber ensemble; quartet; four string players; academy of music; music school recital; music students;
        aristocrats' drawing room; parlour of a countess; Viennese classicism; classical strings; bowed strings, small
        group; string players; viola; violins; refined chamber; elegant reception; tuxedo strings; four friends with
        bows; intimate classical; sonata form in four parts
        """
    ),
    "orchestra": split_phrases(
        """
        symphony orchestra; symphony hall; a hundred musicians; concert overture; full strings and brass; classical
        masterwork; conductor; baton; tails and bow ties; concert season opening; Vienna Musikverein; Berlin
        Symphoniker; Romantic symphony; opera house; ballet; tone poem; majestic classical; large ensemble; orchestra
        pit; violins, horns and timpani together
        """
    ),
    "cinematic": split_phrases(
        """
        movies; movie theatre; film; films; cinema; motion picture; silver screen; feature film; Oscar winner; action
        movie; superhero film; disaster movie; teaser; trailer music; title sequence; soundtrack composer; popcorn;
        IMAX; Spielberg; Pirates of the Caribbean; The Dark Knight; Dune; Avatar; scoring stage; film composer; epic
        movie; box office hit; screenplay; director's cut
        """
    ),
    "waltz": split_phrases(
        """
        waltzing; three beats to the bar; three-beat; triple time; in three; oom-pah; ball gowns; court ball; dance
        cards; chandeliers; Vienna; Viennese ball; Habsburg; Austrian empire; twirl; spin around the floor; dancing
        couples; Danube; counting to three; formal dance; debutante
        """
    ),
    "baroque": split_phrases(
        """
        seventeenth century; eighteenth century; 1700s; 1720; French court; palace gardens; ruffles; lute; fugue;
        counterpoint; cantata; concerto; suite of dances; minuet; gavotte; oratorio; Leipzig; Venice, 1720; Handelian;
        chamber of a prince; royal fireworks; ornate; period costume
        """
    ),
    "march": split_phrases(
        """
        soldiers; army; troops; barracks; military band; marching band; wind band; brass band in the park; uniforms;
        flags; medals; patriotic; American flag; Independence Day; veterans; navy; left right left; in step; on the
        double; regiment; procession; pomp; fanfare; trombones and cymbals
        """
    ),
    "jazz trio": split_phrases(
        """
        jazz; jazz bar; jazz cellar; jazz lounge; jazz standards; whisky on the rocks; hotel bar; piano bar; dim
        lights; midnight set; nightcap; cool cats; Manhattan at midnight; New York jazz; improvisation; swinging;
        brushes; bop; film noir; detective in a trench coat; martini; smoke-filled cellar; fedora; Miles Davis; John
        Coltrane; Chet Baker
        """
    ),
    "big band": split_phrases(
        """
        swing dancing; swing dance; swing; 1930s; 1940s; forties; thirties; Roseland; Harlem; horns; brass; trumpets
        and saxes; band leader; bandleader; crooner; tuxedo; Rat Pack; Las Vegas; war-time dance; swing orchestra;
        lindy hoppers; charleston; boogie-woogie; jive; jump blues; Louis Armstrong; Ella Fitzgerald
        """
    ),
    "bossa nova": split_phrases(
        """
        Brazil; Brazilian beach; Copacabana; Rio; beach in Brazil; samba; carioca; Portuguese; caipirinha; tropical
        lounge; tropical cafe; sandals and sunglasses; palm trees and cocktails; São Paulo; Bahia; nylon guitar and
        shaker; sea breeze; Brazilian songwriter
        """
    ),
    "salsa": split_phrases(
        """
        Cuba; Latino; Latin party; Latin America; Puerto Rico; Colombia; Caribbean; Caribbean island dance; Dominican;
        Miami Cubans; tropical dance; Latin club; congas; bongos; maracas; claves; hips; shake your hips; cigars and
        rum; rum; fiesta; carnival; cha-cha; son cubano; bachata; trumpets and congas; spicy; hot-blooded dance;
        Spanish lyrics; Xavier Cugat; Pérez Prado
        """
    ),
    "blues": split_phrases(
        """
        the blues; Memphis; New Orleans; Chicago, South Side; cotton fields; river levee; shack; roadhouse; tavern;
        barroom; dive bar; moonshine; whiskey; freight train; hobo; harmonica; slide; bottleneck; bent strings; hard
        luck; heartache; sold my soul; guitar man; Southern swamp; swampy; Louisiana; Eric Clapton; Freddie King;
        T-Bone Walker; Bo Diddley; down and out; prison song; work song
        """
    ),
    "funk": split_phrases(
        """
        groove; groovy; bass groove; get down; shake it; dance floor filler, 1974; slap and pop; afro; bell-bottoms;
        syncopated; tight horns; hot pants; sweaty; stank; nasty; badass bass; street; blaxploitation; Soul Train; Sly
        and the Family; Kool and the Gang; Commodores; cosmic slop; wah; chicken scratch; Bruno Mars; the one
        """
    ),
    "soul": split_phrases(
        """
        rhythm 'n' blues; R'n'B; sixties R&B; Detroit; Philadelphia; Motor City; Tamla; Atlantic Records; diva with a
        big voice; heartfelt singing; velvet voice; smooth; horns and organ; British mods; Ray Charles; Etta James;
        Gladys Knight; Tina Turner; Diana Ross; Jackson 5; smooth slow jam; love man; backing singers; tambourine
        """
    ),
    "gospel": split_phrases(
        """
        choir; Sunday service; church on Sunday; worship; praise the Lord; Lord; God; Bible; scripture; pastor;
        preacher; sermon and song; congregation; faith; faithful; holy; Christian; Baptist; revival tent; Pentecost;
        robes; prayer; prayer meeting; blessed; saved; salvation; Holy Spirit; Sunday best; clap your hands, people;
        glory
        """
    ),
    "disco": split_phrases(
        """
        seventies; 1970s; 1977; nightclub; glitter; sequins; dance floor; falsetto; John Travolta; flares; platform
        heels; boogie; get down tonight; four-on-the-floor with strings; roller skates; Manhattan nightlife; party of
        the seventies; funky strings; Grace Jones; Sister Sledge
        """
    ),
    "reggae": split_phrases(
        """
        Caribbean island; island; dreads; one love; weed; Rasta man; Haile Selassie; Zion; Babylon; Montego Bay;
        Negril; steel drums nearby; offbeat; skank; red, gold and green; beach bonfire; coconut; easy-going offbeat;
        sunny island; toasting; sound system; Shaggy
        """
    ),
    "rock": split_phrases(
        """
        rocker; rock star; rock concert; rock band; arena; arena tour; stadium; stadium crowd singing along; anthem
        for eighty thousand; guitar hero; guitar band; band in a basement; teenagers with amps; band practice; loud
        amp; loud guitars; power trio; riff; riffs; electric guitar; leather jacket; long hair; seventies guitar;
        British Invasion; Foo Fighters; Van Halen; Bon Jovi; Kiss; Beatles; drums and guitars; amplifier; encore;
        festival headliner
        """
    ),
    "punk": split_phrases(
        """
        punks; punk rockers; anarchy; rebel; three chords; skateboard; skateboarders; skaters; skater; half-pipe; pogo
        dancing; crowd surfing; slam dancing; stage diving; circle pit; squat; safety pins; mohawk; spit; fast
        guitars; shouted; basement show; garage; New York, 1976; Iggy Pop; Stooges; Misfits; Sum 41; Bad Religion;
        riot; teenage rebellion; ripped jeans
        """
    ),
    "metal": split_phrases(
        """
        heavy; heavy metal; thrash guitar; long hair flying; moshing to double bass; fast guitar solo; sweep picking;
        guitar virtuoso; shred; guitar pyrotechnics; skulls; Satan; devil; hell; demons; Viking; leather and spikes;
        studs; screaming; growling; distorted; blast beat; Anthrax; Ozzy Osbourne; System of a Down; Lamb of God;
        brutal riffs; Download festival
        """
    ),
    "pop": split_phrases(
        """
        hit; hits; hit parade; charts; number one hit; number one single; radio; FM radio; singles chart; mainstream;
        commercial; teenage; teenage girls screaming; teen star; heart-throb; boyband; girl band; fan club; catchy;
        catchy chorus; hook; sing-along; dance pop; MTV; celebrity; superstar; Hannah Montana; Disney Channel; Olivia
        Rodrigo; Harry Styles; Billie Eilish; Rihanna; Ed Sheeran; Kylie Minogue; best-selling single
        """
    ),
    "ballad": split_phrases(
        """
        power ballad; slow love song; slow song for couples; close embrace dance; prom night; last dance; couples
        swaying; slow and emotional; tear-jerker; tears and strings; love declaration; sentimental singing; emotional
        piano and voice; unrequited love song; sung with feeling; heartfelt; slow tempo love; wedding slow number;
        slow rock; Titanic theme; Whitney; Celine; Foreigner
        """
    ),
    "indie": split_phrases(
        """
        independent label; alternative; alt; art school; art students; skinny jeans; coffee roastery; thrift store;
        tote bag; cool kids of Portland; Williamsburg; campus; university town; quirky; lo-fi guitars; shy; jangly;
        Juno soundtrack; film-festival darling; Sundance; Radiohead; Bon Iver; The National; Yo La Tengo; small venue
        """
    ),
    "folk": split_phrases(
        """
        acoustic; folk singer; singer-songwriter; songwriter; storyteller; minstrel; bard; ballad singer; strolling
        player; bonfire; bonfire singalong; sitting round a fire; village; village green; maypole; farmers; market
        day; peasants; rural; pastoral; traditional; old songs; acoustic guitar and voice; mandolin; protest; hippies;
        Woodstock acoustic; Ed McCurdy; wool sweater; shepherds; hand-me-down songs
        """
    ),
    "celtic": split_phrases(
        """
        Scotland; Scots; Wales; Welsh; Celts; Irish dance; Irish dancers; tap shoes; Irish pub; Guinness; Cork; Kerry;
        Belfast; Galway; Limerick; Aran; Edinburgh; Highlands; kilt; kilts; bagpipe; pipes and drum; tin whistle;
        fiddle reel; jigs; green hills; clover; St Patrick; Druid; Enya; old Irish; Braveheart; emerald
        """
    ),
    "country": split_phrases(
        """
        western; Old West; American West; frontier; saloon; saloon doors; sheriff; outlaw; gunslinger; horses; horse;
        horseback; saddle; ranch; ranch hand; cattle; cattle drive; bull riding; lasso; spurs; boots; ten-gallon hat;
        prairie; desert sunset; tumbleweed; covered wagon; Texas; Oklahoma; Wyoming; Kenny Rogers; pickup truck;
        trucker; line dance; honky tonk; cowgirls; Marlboro man; western movie; barbed wire; whiskey and trucks
        """
    ),
    "bluegrass": split_phrases(
        """
        banjos; fiddle and banjo; mandolin and banjo; mountain music; mountains of Virginia; Appalachia; hillside
        cabin; backwoods; Ozarks; holler; coal miners; moonshiners; overalls; straw hat; barn; barn dance; square
        dance; square dancing; do-si-do; swing your partner; rednecks; country bumpkin; West Virginia; Tennessee
        mountains; North Carolina; jug band; washboard; old-timey pickers; hayloft; hay bales; porch pickers
        """
    ),
    "world": split_phrases(
        """
        Africa; African; Asia; Asian; India; Indian; Arabia; Arabian; Arabic; Middle East; Middle Eastern; Persia;
        Persian; Turkey; Morocco; Marrakesh; Egypt; Egyptian; Sahara; desert nomads; camels; oasis; spice market;
        souk; Samarkand; China; Japan; Tibet; Mongolia; Bali; oriental; exotic; tribal; folklore of many countries;
        Gypsy; Balkan; Andes; Aladdin; snake charmer; belly dance; sultan
        """
    ),
    "new age": split_phrases(
        """
        meditation; massage table; relaxation; relaxing spa; energy healing; aura; crystals; incense; lotus; Buddha;
        Buddhist; Buddhist temple; monastery; bonsai; koi pond; bamboo fountain; water feature; breathing exercise;
        mindfulness; inner peace; third eye; karma; nirvana; spiritual; essential oils; aromatherapy; hot stones; tai
        chi; singing bowls; nature sounds
        """
    ),
    "house": split_phrases(
        """
        club; club music; clubbing; night club; DJ; DJ set; deejay; dance music; dance floor, 4 a.m.; beach club;
        Balearic; Mallorca pool party; Mykonos; rooftop; terrace; summer party; party all night; Chicago; New York
        garage; deep; deep grooves; piano stabs; vocal diva; four on the floor; EDM; big room; club track; party
        starter; dance anthem; David Guetta; Calvin Harris; Swedish DJs; Avicii; champagne and sunglasses; kick and
        clap
        """
    ),
    "techno": split_phrases(
        """
        rave; raves; raver; ravers; German club; Frankfurt; underground club; industrial; industrial estate; factory
        hall; concrete; bunker; dark club; strobe; strobe lights; pounding; relentless; machine; mechanical;
        repetitive; minimal; kick drum; four-to-the-floor; all-night rave; illegal rave; peak hour; hard beats; sweaty
        dark dance floor; acid; modular; bleak machine music; black clothing; peak of the night
        """
    ),
    "trance": split_phrases(
        """
        euphoric; uplifting rave; festival main stage; lasers; Dutch DJ; Amsterdam; Netherlands; superstar DJ;
        progressive; psychedelic; full-moon party; Anjuna; Thailand full moon; Burning Man; Tomorrowland; neon paint;
        sunrise; soaring synths; arpeggio; supersaws; build-up; ecstasy; epic synth anthem; Armin
        """
    ),
    "drum and bass": split_phrases(
        """
        breakbeats; breakbeat; breaks; fast breaks; d and b; DnB; rave with breakbeats; ragga; Bristol; London 1994;
        pirate radio; British rave; hardcore rave; speed rave; frenetic breaks; sub bass and fast drums; 174;
        double-speed drums; chopped beats; rapid-fire drums; MC; Prodigy; Squarepusher; car chase; street racing;
        adrenaline racing beats
        """
    ),
    "dubstep": split_phrases(
        """
        bass drop; drop; dirty bass; filthy bass; growling bass; bass music; bass-heavy; heavy bass; shaking bass;
        half-time; 140; UK bass; Croydon; electronic screeches; robotic growls; monster bass; gaming montage; FPS
        highlights; festival bass; headphones exploding; laser bass; LFO; modulated bass; rattling speakers;
        subwoofer; sub-bass pressure; frat party bass; Knife Party
        """
    ),
    "ambient": split_phrases(
        """
        atmosphere; atmospheres; soundscapes; texture; textures; pad; pads; long held tones; sustained tones; hum;
        floating; zero gravity; space; outer space; astronaut; spacewalk; galaxy; infinite; void; emptiness; static;
        slow evolving; minimal and beatless; no rhythm; background; installation; airport; Vangelis; Tangerine Dream;
        Sigur Rós; glacier; fog; ocean depths
        """
    ),
    "downtempo": split_phrases(
        """
        chill; chill out; chill-out lounge; lounge; lounge bar; beach bar; sunset bar; sunset on the terrace; cocktail
        bar; trip hop; slow beats; slow groove; slow electronic; hazy room; smoke and cushions; incense and bean bags;
        after-hours; late evening; boutique hotel; chillout compilation; mellow electronic; Goldfrapp; Gotan Project
        """
    ),
    "trap": split_phrases(
        """
        southern rap; Georgia rap; Houston rap; Memphis rap; hood; gang; gangsters; gold chains; diamonds; grills;
        Lamborghini; designer; racks; money; hi-hats; hats; rolling hats; 808; bass and hats; producer tag; rap beat;
        hard rap beat; autotune; mumble rap; Drake; Lil Wayne; Lil Baby; Gunna; Future; Offset; Southside; SoundCloud
        rap; strip club
        """
    ),
    "hip hop": split_phrases(
        """
        rap music; rappers; MCs; rhymes; bars; flow; beat; beats; beatmaker; 1990s; nineties; 90s hip hop; golden age;
        New York; Queens; Bronx; Staten Island; Manhattan projects; stoop; brownstone; subway graffiti; boombox;
        breakdancers; turntables; scratching; sampler; crate digging; Pete Rock; Madlib; MF DOOM; Notorious B.I.G.;
        Mos Def; The Roots; basketball court; baggy jeans; head-nodder
        """
    ),
    "lo-fi hip hop": split_phrases(
        """
        studying; study; study session; homework; revision; exams; library; desk lamp; laptop; coding; concentration;
        mellow beats; drowsy; anime; anime girl; livestream; relaxing beats; vinyl; dusty; tape; coffee shop; college
        dorm; notebook and tea; background beats
        """
    ),
    "synthwave": split_phrases(
        """
        eighties; 80s; 1980s; 1984; Miami; Florida; Ferrari; sports car; neon lights; neon sign; night driving;
        highway at night; analog synthesizers; synths; retro-futuristic; cyberpunk; VCR; video cassette; videotape;
        tape rental shop; Kung Fury; palm trees; sunset grid; Terminator; arpeggiated
        """
    ),
    "chiptune": split_phrases(
        """
        16-bit; pixel; pixels; pixelated; console; games console; handheld; handheld console; gamer; gaming; retro
        gaming; old computer; computer game; platformer; level; level up; bonus round; high score; joystick;
        cartridge; pinball parlour; Pokémon; Sonic; Donkey Kong; Space Invaders; Kirby; Mario; PlayStation; bleep;
        bleeps; beeps; square wave; sprites; game over; power-up
        """
    ),
    "electro": split_phrases(
        """
        robots; robotic; android; cyborgs; machines; talkbox; computer; computer voice; circuits; electronic;
        electronics; electro-pop; synth-pop; German electronics; Düsseldorf; autobahn; calculators; French electro;
        Paris; Get Lucky; breakdance; drum machine; drum machines; synthesizers; dance machine; digital; futuristic
        """
    ),
}

MOODS: dict[str, tuple[str, ...]] = {
    "happy": split_phrases(
        """
        glad; happiness; joy; laughter; laughing; fun; party; good-natured; sunshine; summery; bubbly; buoyant;
        festive; celebrate; celebration; carefree; thrilled; pleased; bright; hooray; rejoicing; glee; jollity; grin;
        merriment; cheer; delightful; holiday; feels great; makes everybody happy; hum along; light of heart
        """
    ),
    "sad": split_phrases(
        """
        sadness; sorrows; grief; cry; crying; tears; in tears; loss; lost love; separation; divorce; break-up; dumped;
        sombre goodbye; dirge; lament; gloomy; hopeless; abandoned; alone and miserable; wretched; tragic; tragedy;
        desperate; painful; pain; hurting; pitiful; black armband; goodbye; depressed; disconsolate
        """
    ),
    "calm": split_phrases(
        """
        calmness; quietness; peace; peace and quiet; tranquillity; relaxed; relax; rest; resting; sleep; sleeping;
        asleep soon; nap; good night; pacifying; unruffled; still; undisturbed; unexcited; slow down; wind down; sofa;
        cosy; comfortable; soft-spoken; low-key; easy; easy listening; gentle breeze; settled; soothe; breathing out
        """
    ),
    "energetic": split_phrases(
        """
        energy; full of energy; high energy; adrenalin; adrenaline rush; action; motion; movement; moving; speed;
        fast; power; powered; charged; supercharged; boosted; turbo; wired; hyperactive; excited; exciting;
        excitement; sporty; exercise; fitness; training; treadmill; running; sprint; race; jump; wide awake; bouncy
        and fast; dynamite; rocket fuel; fiery; pulsating; non-stop
        """
    ),
    "dark": split_phrases(
        """
        darkness; night; midnight; black; shadow; shadows; fear; scary; frightening; terrifying; terror; horror;
        haunted; ghosts; spectral; evil; wicked; villain; villainous; murder; murderer; killer; crime scene; detective
        mystery; mysterious; mystery; witches; bats; creature; gloom; doomed; dread; bad omen; premonition; something
        evil comes; cold and dark; disturbing; unnerving; coffin; underworld
        """
    ),
    "romantic": split_phrases(
        """
        romance; lovers; in love; loved; lover; couple; kiss; kisses; kissing; candles; roses; red roses; champagne;
        sweethearts; darling; honey; cuddly; soppy; mushy; kissy; burning desire; desire; ardent; fervent; heartfelt
        love; wedding; bride; engagement; valentine; Cupid; embrace; serenading; enraptured; moonlight; heart-shaped
        """
    ),
    "epic": split_phrases(
        """
        huge; enormous; giant; immense; vast; gigantic scale; massive; powerful; strong; majesty; triumph; victory;
        victory at last; war; battle; battlefield; dragon; dragons; castle siege; sword; swords; kingdom; king;
        emperor; warriors; hero; heroes; legend; quest; thunderstorm; awe; awesome; breathtaking; spectacular;
        tremendous; overwhelming
        """
    ),
    "dreamy": split_phrases(
        """
        dream; dreams; dreaming; in a dream; sleepwalking; drowsy haze; sleepy and blurred; heavenly; angelic; angels;
        stars; moon; cosmos; cosmic; unreal; fantastic; strange and beautiful; Dalí; mirage; fantasy; illusion;
        underwater; mermaid; drifting; hovering; vague; blurry; mist; veil; trance; lost in thought; fairy; faraway
        """
    ),
    "tense": split_phrases(
        """
        tension; stress; stressed; thriller; nerves; nervy; anxiety; anxious waiting; worry; fear of being caught;
        paranoia; being watched; hunted; stalked; twitchy; shaky; jumpiness; fidgety; cliffhanger; bomb; time bomb;
        spy; spies; sneaking; stealth; infiltration; pursuit; chase; countdown; danger; dangerous; uneasy silence
        """
    ),
    "playful": split_phrases(
        """
        play; playing; playtime; fun and games; game; games; joke; joking; jokes; prank; pranks; circus; cartoon;
        puppies; kids; childish; childlike; children; ridiculous; daft; foolish; crazy in a fun way; loopy; nutty;
        naughty; saucy; sassy; impudent; wink; tickle; giggle; giggling; comic; comedy; slapstick; rascal; mischief;
        tomfoolery; monkey; bubble gum
        """
    ),
    "melancholic": split_phrases(
        """
        melancholy mood; longing for someone; pining; ache; regret; regrets; remorse; tired; weary; jaded;
        disillusioned; resigned; wistfulness; thoughtful; lonely; loneliness; solitude; alone; rain; rainy; autumn;
        November; grey; watching the rain; distance; unfulfilled; bittersweet memory; half sad
        """
    ),
    "uplifting": split_phrases(
        """
        hope; hopes; hopefulness; inspiration; motivation; encouragement; optimism; confidence; confident; courage;
        brave; morale; cheering on; heart-lifting; lifting; lifted; rising; rise; soar; higher and higher; success;
        winning; winner; goal; achievement; overcoming; new life; dawn; stirring speech
        """
    ),
    "aggressive": split_phrases(
        """
        aggression; anger; fury; violence; fight; fighting; fighter; attack; attacking; war cry; beastly; wild animal;
        barbaric; barbarian; cruel; crushing; destroy; destruction; wreck; demolition; crush; punch; punches; kick;
        kill; blood; bloody; boxing; wrestling; frenzied; frenzy; unleashed; hardcore; mad as hell
        """
    ),
    "nostalgic": split_phrases(
        """
        memories; memory; remember; remembering; reminiscence; the past; past times; old times; old days; long ago;
        years ago; yesterday; days of yore; bygone days; childhood; school days; classmates; old friends; grandmother;
        grandma; grandfather; old photos; photo album; faded; old film; old movie; antique; old; aged; looking back;
        homesickness; wistful memory; black-and-white
        """
    ),
}
